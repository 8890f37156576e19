import type { Fault } from '../../errors.js';
import { evaluateCondition, traceCondition } from '../condition/index.js';
import type { Context } from '../context/context.js';
import { within } from '../fault-path.js';
import type { Rule } from '../rules/rule.js';
import { type CompiledTemplate, renderTemplate, type TemplateContext } from '../template/index.js';
import type { Outcome } from './outcome.js';

/** A rule's template, compiled; or the fault, should a stored one no longer compile after an upgrade. */
export type Compiled = { ok: true; template: CompiledTemplate } | { ok: false; fault: Fault };

/** What a rule reads: the same values twice, as each language wants them. */
export interface RuleContext {
  condition: Context;
  template: TemplateContext;
}

/** Decides and renders. Never throws for what a rule says: every rule of an event is evaluated, whatever the others do. */
export function evaluate(
  rule: Pick<Rule, 'condition' | 'webhook'>,
  compiled: Compiled,
  context: RuleContext,
): Outcome {
  const decided = decide(rule, context, evaluateCondition);
  return decided ?? render(rule, compiled, context);
}

/** The same, and how the condition was decided. */
export function evaluateWithTrace(
  rule: Pick<Rule, 'condition' | 'webhook'>,
  compiled: Compiled,
  context: RuleContext,
): Outcome {
  if (rule.condition === null) return render(rule, compiled, context);
  const traced = traceCondition(rule.condition, context.condition);
  const decided = decide(rule, context, () => traced);
  return { ...(decided ?? render(rule, compiled, context)), trace: traced.trace };
}

/** Undefined where the condition holds. */
function decide(
  { condition }: Pick<Rule, 'condition'>,
  context: RuleContext,
  ask: typeof evaluateCondition,
): Outcome | undefined {
  if (condition === null) return undefined;
  const decided = ask(condition, context.condition);
  if (!decided.ok) return { kind: 'failed', fault: within('condition', decided.fault) };
  return decided.matched ? undefined : { kind: 'not_matched' };
}

function render(
  { webhook }: Pick<Rule, 'webhook'>,
  compiled: Compiled,
  context: RuleContext,
): Outcome {
  if (!compiled.ok) return { kind: 'failed', fault: { ...compiled.fault, path: 'template' } };
  const rendered = renderTemplate(compiled.template, context.template);
  if (!rendered.ok) return { kind: 'failed', fault: within('template', rendered.fault) };
  const { body, contentType } = rendered;
  return webhook.method === 'GET' && !isObject(body)
    ? { kind: 'failed', fault: NOT_AN_OBJECT }
    : { kind: 'rendered', body, contentType };
}

const NOT_AN_OBJECT: Fault = {
  path: 'template',
  code: 'get_body_not_object',
  message:
    'This webhook uses GET, so the template must render a JSON object: its fields become query parameters.',
};

function isObject(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
