import type { Logger } from 'pino';
import type { JobQueues } from '../redis/index.js';
import { type DeliveryHandoff, InProcessDeliveryHandoff } from './delivery-handoff.js';
import { QueueDeliveryHandoff } from './delivery-handoff-queue.js';

/** Over Redis if there is one, else within this process. */
export function deliveryHandoffOf(queues: JobQueues, logger: Logger): DeliveryHandoff {
  const queue = queues.get('deliveries');
  return queue ? new QueueDeliveryHandoff(queue, logger) : new InProcessDeliveryHandoff();
}
