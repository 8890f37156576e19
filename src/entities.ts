import { Automation, AutomationRevision } from './automations/index.js';
import { EventType } from './event-bus/index.js';
import { Webhook, WebhookRevision } from './webhooks/index.js';
import { ApiKey, Workspace } from './workspaces/index.js';

/** Every TypeORM entity, for the one DataSource. Events, deliveries and attempts are plain SQL. */
export const entities = [
  Workspace,
  ApiKey,
  EventType,
  Webhook,
  WebhookRevision,
  Automation,
  AutomationRevision,
];
