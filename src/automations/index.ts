export { Automation } from './automation.entity.js';
export { AutomationsModule } from './automations.module.js';
export { BacktestService } from './backtest/backtest.service.js';
export { DispatchService } from './dispatch.service.js';
export { EvaluationService, EvaluationUnavailable } from './evaluation/index.js';
export { AutomationRevision } from './revisions/automation-revision.entity.js';
