import type { Fault } from '../../errors.js';
import type { ConditionTrace } from '../condition/index.js';
import type { Rendering } from '../default-payload.js';
import { within } from '../fault-path.js';
import type { Rule } from '../rules/rule.js';

/** What one rule makes of one event. */
export type Outcome = Decision & {
  /** How the condition was decided, when that was asked for. */
  trace?: ConditionTrace;
};

type Decision =
  | { kind: 'not_matched' }
  | { kind: 'rendered'; body: string; contentType: string }
  | {
      kind: 'failed';
      /** Its path begins with `condition` or `template`. */
      fault: Fault;
      /** The rule did not end within its limits and was stopped by force. */
      stopped?: true;
    };

/** What a rendering makes of a rule whose condition holds. */
export function outcomeOf({ webhook }: Pick<Rule, 'webhook'>, rendered: Rendering): Outcome {
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
