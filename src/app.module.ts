import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AutomationsModule } from './automations/index.js';
import { CONFIG, type Config } from './config/index.js';
import { DatabaseModule, type OpenDatabase } from './database/index.js';
import { DeliveriesModule } from './deliveries/index.js';
import { EventBusModule } from './event-bus/index.js';
import { HealthModule } from './health/index.js';
import { HttpModule } from './http/index.js';
import { JobsModule } from './jobs/index.js';
import { LOGGER } from './logger.js';
import { MetricsModule } from './metrics/index.js';
import { type RedisConnections, RedisModule } from './redis/index.js';
import { WebhooksModule } from './webhooks/index.js';
import { WorkspacesModule } from './workspaces/index.js';

/** What exists before any module does. */
export interface Foundation {
  config: Config;
  masterKey: Buffer;
  logger: Logger;
  database: OpenDatabase;
  redis: RedisConnections;
}

/** Puts the modules together. */
@Global()
@Module({})
export class AppModule {
  static on({ config, masterKey, logger, database, redis }: Foundation): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.with(database),
        RedisModule.with(redis),
        MetricsModule,
        HttpModule.with(masterKey),
        WorkspacesModule,
        EventBusModule,
        WebhooksModule.with(masterKey),
        JobsModule,
        DeliveriesModule,
        AutomationsModule,
        HealthModule,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
      ],
      exports: [CONFIG, LOGGER],
    };
  }
}
