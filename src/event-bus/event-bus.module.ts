import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { LOGGER } from '../logger.js';
import { JobQueues } from '../redis/index.js';
import { EventController } from './event.controller.js';
import { EventHandoff } from './event-handoff.js';
import { eventHandoffOf } from './event-handoff.provider.js';
import { EventLanes } from './event-lanes.js';
import { EventOutboxRepository } from './event-outbox.repository.js';
import { EventRepository } from './event.repository.js';
import { EventSearchRepository } from './event-search.repository.js';
import { EventSweepService } from './event-sweep.service.js';
import { EventTypeController } from './event-type.controller.js';
import { EventType } from './event-type.entity.js';
import { EventTypeService } from './event-type.service.js';
import { OperationalEventService } from './operational-event.service.js';
import { PublishService } from './publish.service.js';

/** The catalogue, the event store, and the announcement of what was stored. Producers in process inject PublishService. */
@Module({
  imports: [TypeOrmModule.forFeature([EventType])],
  controllers: [EventController, EventTypeController],
  providers: [
    EventTypeService,
    EventRepository,
    EventSearchRepository,
    EventOutboxRepository,
    PublishService,
    OperationalEventService,
    EventSweepService,
    {
      provide: EventLanes,
      useFactory: (logger: Logger) => new EventLanes(logger),
      inject: [LOGGER],
    },
    {
      provide: EventHandoff,
      useFactory: eventHandoffOf,
      inject: [EventLanes, JobQueues, EventOutboxRepository, LOGGER],
    },
  ],
  exports: [
    EventTypeService,
    EventRepository,
    PublishService,
    OperationalEventService,
    EventHandoff,
    EventLanes,
    EventSweepService,
  ],
})
export class EventBusModule {}
