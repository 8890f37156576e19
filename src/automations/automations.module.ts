import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveriesModule } from '../deliveries/index.js';
import { EventBusModule } from '../event-bus/index.js';
import { JobsModule } from '../jobs/index.js';
import { AutomationController } from './automation.controller.js';
import { Automation } from './automation.entity.js';
import { AutomationRevision } from './revisions/automation-revision.entity.js';
import { AutomationService } from './automation.service.js';
import { BacktestController } from './backtest/backtest.controller.js';
import { BacktestScanService } from './backtest/backtest-scan.service.js';
import { BacktestService } from './backtest/backtest.service.js';
import { CheckController } from './checks/check.controller.js';
import { CheckService } from './checks/check.service.js';
import { DispatchService } from './dispatch.service.js';
import { DraftService } from './draft.service.js';
import { DraftRuleService } from './draft-rule.service.js';
import { EvaluationService } from './evaluation/index.js';
import { ExplainController } from './explain/explain.controller.js';
import { ExplainRepository } from './explain/explain.repository.js';
import { ExplainService } from './explain/explain.service.js';
import { RetrialService } from './explain/retrial.service.js';
import { PresetController } from './presets/preset.controller.js';
import { PresetService } from './presets/preset.service.js';
import { PreviewController } from './preview/preview.controller.js';
import { PreviewService } from './preview/preview.service.js';
import { PreviewedEventService } from './preview/previewed-event.service.js';
import { PreviewedRequestService } from './preview/previewed-request.service.js';
import { ReplayController } from './replay/replay.controller.js';
import { ReplayRepository } from './replay/replay.repository.js';
import { ReplayService } from './replay/replay.service.js';
import { ReplaySliceService } from './replay/replay-slice.service.js';
import { RevisionController } from './revisions/revision.controller.js';
import { RevisionService } from './revisions/revision.service.js';
import { RuleRepository } from './rules/rule.repository.js';
import { RuleBookService } from './rules/rule-book.service.js';
import { StrikeService } from './strike.service.js';

/** Rules: their definition, what is known of them before and after, and the step from an event to its deliveries. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Automation, AutomationRevision]),
    EventBusModule,
    DeliveriesModule,
    JobsModule,
  ],
  controllers: [
    // Before the automations: `backtest` and `preview` are no automation's id.
    BacktestController,
    PreviewController,
    AutomationController,
    RevisionController,
    ExplainController,
    CheckController,
    PresetController,
    ReplayController,
  ],
  providers: [
    AutomationService,
    BacktestScanService,
    BacktestService,
    CheckService,
    DispatchService,
    DraftRuleService,
    DraftService,
    EvaluationService,
    ExplainRepository,
    ExplainService,
    PresetService,
    PreviewedEventService,
    PreviewedRequestService,
    PreviewService,
    ReplayRepository,
    ReplayService,
    ReplaySliceService,
    RetrialService,
    RevisionService,
    RuleBookService,
    RuleRepository,
    StrikeService,
  ],
  exports: [DispatchService, EvaluationService],
})
export class AutomationsModule {}
