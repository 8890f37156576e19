export { maskHeaders } from './headers.js';
export { generateSecret, signatureKeys } from './secret.js';
export { TargetService, type WebhookTarget } from './target.service.js';
export { Webhook, type WebhookMethod } from './webhook.entity.js';
export { type WebhookDefinition, WebhookRevision } from './webhook-revision.entity.js';
export { WebhookService } from './webhook.service.js';
export { WebhooksModule } from './webhooks.module.js';
