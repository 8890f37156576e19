import type { Fault } from '../errors.js';
import type { StoredEvent } from '../event-bus/index.js';
import type { JsonObject } from '../json.js';
import { evaluateCondition } from './condition/index.js';
import type { Rule } from './rule.js';
import { type CompiledTemplate, renderTemplate, toTemplateContext } from './template/index.js';

/** A rule with its template compiled; or the fault, should a stored one no longer compile after an upgrade. */
export interface CompiledRule extends Rule {
  compiled: { ok: true; template: CompiledTemplate } | { ok: false; fault: Fault };
}

/** What one rule makes of one event. */
export type Evaluation =
  | { kind: 'not_matched' }
  | { kind: 'rendered'; body: string }
  /** The condition or the template could not cope with this event. */
  | { kind: 'failed'; fault: Fault };

/** What all rules see of an event; made once for each event. */
export interface EventContext {
  condition: JsonObject;
  shared: ReturnType<typeof toTemplateContext>;
}

/** The part of the context that is the same for every rule. */
export function contextOf(
  event: StoredEvent,
  workspace: { id: string; name: string },
  now: string,
): EventContext {
  const { id, type, occurredAt, createdAt, data, changes, actor } = event;
  const condition: JsonObject = {
    event: { id, type, occurredAt, createdAt },
    data,
    changes,
    actor,
    workspace: { ...workspace },
    now,
  };
  return { condition, shared: toTemplateContext(condition) };
}

/** Decides and renders. Never throws for what a rule says: every rule of an event is evaluated, whatever the others do. */
export function evaluate(
  rule: CompiledRule,
  context: EventContext,
  deliveryId: string,
): Evaluation {
  if (rule.condition !== null) {
    const decided = evaluateCondition(rule.condition, context.condition);
    if (!decided.ok)
      return {
        kind: 'failed',
        fault: { ...decided.fault, path: joinFault('condition', decided.fault) },
      };
    if (!decided.matched) return { kind: 'not_matched' };
  }
  const { automation, webhook, compiled } = rule;
  if (!compiled.ok) return { kind: 'failed', fault: { ...compiled.fault, path: 'template' } };
  const own = toTemplateContext({
    automation: automation && { ...automation },
    webhook: { id: webhook.id, name: webhook.name },
    delivery: { id: deliveryId },
  });
  const rendered = renderTemplate(compiled.template, new Map([...context.shared, ...own]));
  if (!rendered.ok) return { kind: 'failed', fault: { ...rendered.fault, path: 'template' } };
  return webhook.method === 'GET' && !isObject(rendered.body)
    ? { kind: 'failed', fault: NOT_AN_OBJECT }
    : { kind: 'rendered', body: rendered.body };
}

const NOT_AN_OBJECT: Fault = {
  path: 'template',
  code: 'get_body_not_object',
  message:
    'This webhook uses GET, so the template must render a JSON object: its fields become query parameters.',
};

function isObject(body: string): boolean {
  const value: unknown = JSON.parse(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joinFault(root: string, { path }: Fault): string {
  return path ? `${root}.${path}` : root;
}
