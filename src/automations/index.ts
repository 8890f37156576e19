export { Automation } from './automation.entity.js';
export { AutomationRevision } from './revisions/automation-revision.entity.js';
export { AutomationsModule } from './automations.module.js';
export { DispatchService } from './dispatch.service.js';
