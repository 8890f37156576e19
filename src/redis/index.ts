export { Announcer } from './announcer.js';
export { JobQueues, QUEUES } from './bull-queues.provider.js';
export { JobConsumer } from './job-consumer.js';
export type { JobQueue } from './job-queue.js';
export { shownAddress } from './redis-address.js';
export type { RedisClient } from './redis-client.provider.js';
export { RedisConnections, type RedisState } from './redis-connections.provider.js';
export { RedisModule } from './redis.module.js';
