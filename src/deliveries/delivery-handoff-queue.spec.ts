import { once } from 'node:events';
import { newId } from '../database/index.js';
import { createLogger } from '../logger.js';
import type { JobQueue } from '../redis/index.js';
import { QueueDeliveryHandoff } from './delivery-handoff-queue.js';

/** A queue that always has a job, until nothing is to be taken any more. */
function endless() {
  const stopped = new AbortController();
  const queue: JobQueue & { taken: number } = {
    taken: 0,
    add: () => Promise.resolve(),
    waiting: () => Promise.resolve(0),
    next: () => {
      if (stopped.signal.aborted) return Promise.resolve(undefined);
      queue.taken += 1;
      return Promise.resolve({ webhookIds: [newId()] });
    },
    stopTaking: () => stopped.abort(),
  };
  return queue;
}

/** One who sends deliveries and says when there is room; both can be waited for. */
function sender() {
  const events = new EventTarget();
  let told: (() => void) | undefined;
  return {
    handler: {
      look: () => events.dispatchEvent(new Event('look')),
      room: () =>
        new Promise<void>((resolve) => {
          told = resolve;
          events.dispatchEvent(new Event('asked'));
        }),
    },
    asked: () => once(events, 'asked'),
    looked: () => once(events, 'look'),
    hasRoom: () => told?.(),
  };
}

it('takes an announcement only when there is room, and the next one when there is room again', async () => {
  const [queue, { handler, ...its }] = [endless(), sender()];
  const handoff = new QueueDeliveryHandoff(queue, createLogger('silent').logger);
  const asked = its.asked();
  handoff.consume(handler);
  await asked;
  expect(queue.taken).toBe(0);
  for (const taken of [1, 2]) {
    const [looked, askedAgain] = [its.looked(), its.asked()];
    its.hasRoom();
    await Promise.all([looked, askedAgain]);
    expect(queue.taken).toBe(taken);
  }
  const stopped = handoff.stopConsuming();
  its.hasRoom();
  await stopped;
  expect(queue.taken).toBe(2);
  await handoff.close();
});
