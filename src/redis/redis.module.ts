import { BullModule, getQueueToken } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Queue } from 'bull';
import { bullOptions, JobQueues, QUEUES } from './bull-queues.provider.js';
import { RedisConnections } from './redis-connections.provider.js';

/** Redis for everybody who can use it, and the queues of Bull in it. Whoever opened the connections (src/start.ts) closes them. */
@Module({})
export class RedisModule {
  static with(redis: RedisConnections): DynamicModule {
    const names = redis.isConfigured ? QUEUES : [];
    return {
      module: RedisModule,
      global: true,
      imports: names.map((name) =>
        BullModule.registerQueueAsync({ name, useFactory: () => bullOptions(redis, name) }),
      ),
      providers: [
        { provide: RedisConnections, useValue: redis },
        {
          provide: JobQueues,
          useFactory: (...queues: Queue[]) => new JobQueues(redis, queues),
          inject: names.map((name) => getQueueToken(name)),
        },
      ],
      exports: [RedisConnections, JobQueues],
    };
  }
}
