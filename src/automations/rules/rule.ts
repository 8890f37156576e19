import type { StoredEvent } from '../../event-bus/index.js';
import { matchesTrigger } from '../../event-bus/index.js';
import type { JsonValue } from '../../json.js';
import type { Webhook, WebhookMethod } from '../../webhooks/index.js';
import type { TemplateFormat } from '../automation.js';

/** What the pipeline sees of a rule's webhook. */
export interface RuleWebhook {
  id: string;
  name: string;
  method: WebhookMethod;
  /** Only if its deliveries go in order: by the value at this path, or with null all of them. */
  orderedBy?: string | null;
  /** Only if it is disabled: since then. */
  disabledAt?: Date;
}

/** What the pipeline sees of an automation or of a plain webhook: the two are one from here on. */
export interface Rule {
  /** The automation's id, or the webhook's own. */
  id: string;
  automation: { id: string; name: string } | null;
  webhook: RuleWebhook;
  workspaceId: string;
  /** Of the automation, or of the webhook. */
  revision: number;
  triggers: readonly string[];
  /** JSON Logic; null matches always. */
  condition: JsonValue;
  /** Null for the default payload. */
  template: string | null;
  templateFormat: TemplateFormat;
  /** Of the body, with the format `text`; the other formats have their own. */
  contentType: string | null;
  /** Lower runs first; ties by id. */
  priority: number;
}

/** The columns of a webhook that say how its deliveries are ordered, and since when it makes none. */
export type Ordering = Pick<Webhook, 'ordered' | 'orderingKey'> &
  Partial<Pick<Webhook, 'disabledAt'>>;

/** The columns of a webhook that make a rule. */
export interface WebhookRow extends Ordering {
  id: string;
  workspaceId: string;
  name: string;
  method: WebhookMethod;
  events: readonly string[];
  revision: number;
}

/** The columns of an automation that make a rule. */
export interface AutomationRow {
  id: string;
  workspaceId: string;
  name: string;
  triggers: readonly string[];
  condition: JsonValue;
  template: string | null;
  templateFormat: TemplateFormat;
  contentType: string | null;
  webhookId: string;
  priority: number;
  revision: number;
}

/** A plain webhook is an automation without a condition and with the default payload. */
export function ruleOfWebhook(webhook: WebhookRow): Rule {
  const { id, name, method, workspaceId, revision, events } = webhook;
  return {
    id,
    automation: null,
    webhook: { id, name, method, ...orderedBy(webhook), ...disabledAt(webhook) },
    workspaceId,
    revision,
    triggers: events,
    condition: null,
    template: null,
    templateFormat: 'json-text',
    contentType: null,
    priority: 0,
  };
}

export function ruleOfAutomation(
  automation: AutomationRow,
  webhook: Pick<WebhookRow, 'id' | 'name' | 'method'> & Partial<Ordering>,
): Rule {
  const { id, name, workspaceId, revision, triggers, condition, priority } = automation;
  const { template, templateFormat, contentType } = automation;
  return {
    id,
    automation: { id, name },
    webhook: {
      id: webhook.id,
      name: webhook.name,
      method: webhook.method,
      ...orderedBy(webhook),
      ...disabledAt(webhook),
    },
    workspaceId,
    revision,
    triggers,
    condition,
    template,
    templateFormat,
    contentType,
    priority,
  };
}

/** What an ordered webhook adds to its rules. */
function orderedBy({ ordered, orderingKey }: Partial<Ordering>): Pick<RuleWebhook, 'orderedBy'> {
  return ordered ? { orderedBy: orderingKey ?? null } : {};
}

/** What a disabled webhook adds to its rules. */
function disabledAt({ disabledAt: at }: Partial<Ordering>): Pick<RuleWebhook, 'disabledAt'> {
  return at ? { disabledAt: at } : {};
}

/** Whether a rule was there when an event was accepted: a webhook that was disabled since keeps what comes of it. */
export function wasEnabled(
  { webhook }: Rule,
  { createdAt }: Pick<StoredEvent, 'createdAt'>,
): boolean {
  return webhook.disabledAt === undefined || new Date(createdAt) < webhook.disabledAt;
}

/** The order in which rules run: priority, then id. */
export function compareRules(a: Rule, b: Rule): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1);
}

/** What of a rule decides which events concern it. */
export interface ConcernedRule {
  automation: object | null;
  webhook: { id: string };
  triggers: readonly string[];
}

/** Whether a rule is concerned by an event at all, before any condition. A test event concerns its webhook alone. */
export function isConcerned(
  rule: ConcernedRule,
  event: Pick<StoredEvent, 'type' | 'targetWebhookId'>,
): boolean {
  if (event.targetWebhookId)
    return rule.automation === null && rule.webhook.id === event.targetWebhookId;
  return rule.triggers.some((trigger) => matchesTrigger(trigger, event.type));
}
