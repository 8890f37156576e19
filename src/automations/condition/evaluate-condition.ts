import type { Fault } from '../../errors.js';
import type { JsonValue } from '../../json.js';
import type { Context } from '../context/context.js';
import { type ConditionTrace, traceOf } from './tracing/condition-trace.js';
import { StepsExceeded } from './current-evaluation.js';
import { applyLogic, applyLogicTraced, isTruthy } from './json-logic.js';
import { Recorder } from './tracing/recorder.js';
import { TracedNode } from './tracing/traced-node.js';

/** A condition either says yes or no, or cannot be evaluated on this event. */
type Evaluation = { ok: true; matched: boolean } | { ok: false; fault: Fault };

interface EvaluationLimits {
  /** Work allowed for one evaluation, in evaluated nodes. */
  steps: number;
}

/** 30 ms at worst, measured with conditions built to be slow; an everyday one takes 3 to 30 steps. */
const DEFAULT_LIMITS: EvaluationLimits = { steps: 50_000 };

/**
 * Evaluates a condition on the context of a rule. Never throws: what goes wrong is a fault, which names no value of
 * the event.
 *
 * @example evaluateCondition({ '>=': [{ var: 'data.points' }, 100] }, Context.of({ data: { points: 120 } }))
 */
export function evaluateCondition(
  condition: JsonValue,
  context: Context,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): Evaluation {
  return settle(() => applyLogic(condition, context, limits.steps), limits);
}

/** The same answer, and how it came about, also where it ended in a fault. Never throws. */
export function traceCondition(
  condition: JsonValue,
  context: Context,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): Evaluation & { trace: ConditionTrace } {
  const recorder = new Recorder(new TracedNode(condition, '', 0));
  const run = { recorder, maxSteps: limits.steps };
  const evaluation = settle(() => applyLogicTraced(context, run), limits);
  return { ...evaluation, trace: traceOf(recorder.root) };
}

function settle(evaluate: () => unknown, limits: EvaluationLimits): Evaluation {
  try {
    return { ok: true, matched: isTruthy(evaluate()) };
  } catch (error) {
    return { ok: false, fault: explain(error, limits) };
  }
}

function explain(error: unknown, limits: EvaluationLimits): Fault {
  if (error instanceof StepsExceeded) {
    return {
      path: '',
      code: 'condition_too_costly',
      message:
        `The condition needs more than ${limits.steps} steps on this event. ` +
        'Use fewer nested loops, or loop over a shorter list.',
    };
  }
  return {
    path: '',
    code: 'condition_failed',
    message:
      'The condition cannot be evaluated on this event: it is nested too deep, or an operator is unknown.',
  };
}
