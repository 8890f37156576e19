export { maskHeaders } from './headers.js';
export { endingHolds, ENDS_HOLD, holding, PAUSED_UNTIL, TRIPPED_UNTIL } from './hold.js';
export { MasterKeyService } from './master-key.service.js';
export { generateSecret, signatureKeys, type SignatureKeys } from './secret.js';
export { TargetService, type WebhookTarget } from './target.service.js';
export {
  type RateLimit,
  Webhook,
  type WebhookMethod,
  type WebhookRetryPolicy,
} from './webhook.entity.js';
export { webhookDeleted, webhookDisabled } from './unsendable.js';
export { type DisabledReason, WebhookHealthService } from './webhook-health.service.js';
export { type WebhookDefinition, WebhookRevision } from './webhook-revision.entity.js';
export { WebhookService } from './webhook.service.js';
export { WebhooksModule } from './webhooks.module.js';
