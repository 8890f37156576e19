import type { Fault } from '../../errors.js';
import type { JsonObject, JsonValue } from '../../json.js';
import { applyLogic, isTruthy, StepsExceeded } from './json-logic.js';

/** A condition either says yes or no, or cannot be evaluated on this event. */
export type Evaluation = { ok: true; matched: boolean } | { ok: false; fault: Fault };

export interface EvaluationLimits {
  /** Work allowed for one evaluation, in evaluated nodes. */
  steps: number;
}

/** 30 ms at worst, measured with conditions built to be slow; an everyday one takes 3 to 30 steps. */
const DEFAULT_LIMITS: EvaluationLimits = { steps: 50_000 };

/**
 * Evaluates a condition on plain JSON data: `{event, data, changes, actor, workspace, now}`.
 * Never throws: what goes wrong is a fault, which names no value of the event.
 *
 * @example evaluateCondition({ '>=': [{ var: 'data.points' }, 100] }, { data: { points: 120 } })
 */
export function evaluateCondition(
  condition: JsonValue,
  data: JsonObject,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): Evaluation {
  try {
    return { ok: true, matched: isTruthy(applyLogic(condition, data, limits.steps)) };
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
      'The condition cannot be evaluated on this event: an operator is unknown, ' +
      'or was handed an object where it needs a text, a number or a list.',
  };
}
