import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveriesModule } from '../deliveries/index.js';
import { EventBusModule } from '../event-bus/index.js';
import { AutomationController } from './automation.controller.js';
import { Automation } from './automation.entity.js';
import { AutomationRevision } from './automation-revision.entity.js';
import { AutomationService } from './automation.service.js';
import { DispatchService } from './dispatch.service.js';
import { DraftService } from './draft.service.js';
import { PreviewService } from './preview.service.js';
import { RuleBookService } from './rule-book.service.js';

/** Rules: their definition, and the step from an event to its deliveries. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Automation, AutomationRevision]),
    EventBusModule,
    DeliveriesModule,
  ],
  controllers: [AutomationController],
  providers: [AutomationService, DraftService, RuleBookService, DispatchService, PreviewService],
  exports: [DispatchService],
})
export class AutomationsModule {}
