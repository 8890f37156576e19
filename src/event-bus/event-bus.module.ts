import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { LOGGER } from '../logger.js';
import { EventController } from './event.controller.js';
import { EventHandoff, InProcessEventHandoff } from './event-handoff.js';
import { EventRepository } from './event.repository.js';
import { EventSweepService } from './event-sweep.service.js';
import { EventTypeController } from './event-type.controller.js';
import { EventType } from './event-type.entity.js';
import { EventTypeService } from './event-type.service.js';
import { PublishService } from './publish.service.js';

/** The catalogue, the event store, and the announcement of what was stored. Producers in process inject PublishService. */
@Module({
  imports: [TypeOrmModule.forFeature([EventType])],
  controllers: [EventController, EventTypeController],
  providers: [
    EventTypeService,
    EventRepository,
    PublishService,
    EventSweepService,
    {
      provide: EventHandoff,
      useFactory: (logger: Logger) => new InProcessEventHandoff(logger),
      inject: [LOGGER],
    },
  ],
  exports: [EventTypeService, EventRepository, PublishService, EventHandoff, EventSweepService],
})
export class EventBusModule {}
