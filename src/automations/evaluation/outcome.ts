import type { Fault } from '../../errors.js';
import type { ConditionTrace } from '../condition/index.js';

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
