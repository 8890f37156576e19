export { ApiKey } from './api-key.entity.js';
export { bearerToken } from './api-key.guard.js';
export { generateApiKey } from './api-key.js';
export { ApiKeyService, type Principal } from './api-key.service.js';
export { AllScopes, Caller, Public, Scopes } from './auth.decorators.js';
export { FirstStartService } from './first-start.service.js';
export { KeyWatchService } from './key-watch.service.js';
export { requireScopes, SCOPES, type Scope } from './scopes.js';
export { Workspace } from './workspace.entity.js';
export {
  bumpRules,
  RULES_CHANNEL,
  type RuleChange,
  WorkspaceService,
} from './workspace.service.js';
export { WorkspacesModule } from './workspaces.module.js';
