import type { Logger } from 'pino';
import type { JobQueues } from '../redis/index.js';
import { Coalesced } from './coalesced.js';
import { type EventHandoff, InProcessEventHandoff } from './event-handoff.js';
import { QueueEventHandoff } from './event-handoff-queue.js';
import type { EventLanes } from './event-lanes.js';
import type { EventOutboxRepository } from './event-outbox.repository.js';

/** Over Redis if there is one, else within this process. */
export function eventHandoffOf(
  lanes: EventLanes,
  queues: JobQueues,
  outbox: EventOutboxRepository,
  logger: Logger,
): EventHandoff {
  const nudge = new Coalesced(
    () => outbox.tellSweeps(),
    (error) => logger.debug({ err: error }, 'event.nudge_failed'),
  );
  const queue = queues.get('events');
  if (!queue) return new InProcessEventHandoff(lanes, nudge);
  const load = (ids: readonly string[]) => outbox.waitingOf(ids);
  return new QueueEventHandoff({ lanes, queue, load, nudge, logger });
}
