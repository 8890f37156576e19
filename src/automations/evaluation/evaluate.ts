import { evaluateCondition, traceCondition } from '../condition/index.js';
import type { Context } from '../context/context.js';
import type { Rendering } from '../default-payload.js';
import { within } from '../fault-path.js';
import type { Rule } from '../rules/rule.js';
import { type Outcome, outcomeOf } from './outcome.js';

/** Renders the body of a rule; asked only where its condition holds. */
export type Render = () => Rendering;

/** Decides and renders. Never throws for what a rule says: every rule of an event is evaluated, whatever the others do. */
export function evaluate(
  rule: Pick<Rule, 'condition' | 'webhook'>,
  context: Context,
  render: Render,
): Outcome {
  return decide(rule, context, evaluateCondition) ?? outcomeOf(rule, render());
}

/** The same, and how the condition was decided. */
export function evaluateWithTrace(
  rule: Pick<Rule, 'condition' | 'webhook'>,
  context: Context,
  render: Render,
): Outcome {
  if (rule.condition === null) return outcomeOf(rule, render());
  const traced = traceCondition(rule.condition, context);
  const decided = decide(rule, context, () => traced);
  return { ...(decided ?? outcomeOf(rule, render())), trace: traced.trace };
}

/** Undefined where the condition holds. */
function decide(
  { condition }: Pick<Rule, 'condition'>,
  context: Context,
  ask: typeof evaluateCondition,
): Outcome | undefined {
  if (condition === null) return undefined;
  const decided = ask(condition, context);
  if (!decided.ok) return { kind: 'failed', fault: within('condition', decided.fault) };
  return decided.matched ? undefined : { kind: 'not_matched' };
}
