import type { Fault } from '../../errors.js';
import type { Result, Task } from './messages.js';
import type { Ending } from './thread.js';

/** The result of a task that ended its thread, even alone. Undefined where no fault can be the answer. */
export function stoppedResult(task: Task, fault: Fault): Result | undefined {
  switch (task.kind) {
    case 'try':
      return { kind: 'tried', outcome: { kind: 'failed', fault, stopped: true } };
    case 'check_template':
    case 'check_condition':
      return { kind: 'checked', check: { faults: [fault], warnings: [], variables: [] } };
    case 'help':
      return undefined;
  }
}

/** Whether the condition or the template was the culprit is not known: the fault is the rule's as a whole. */
export function endingFault(ended: Ending, timeoutMs: number): Fault {
  switch (ended) {
    case 'timeout':
      return faultOf(
        'evaluation_timeout',
        `Condition and template did not end within ${timeoutMs} ms and were stopped. Use fewer and shorter loops.`,
      );
    case 'out_of_memory':
      return faultOf(
        'evaluation_out_of_memory',
        'Condition and template needed too much memory and were stopped. Make smaller texts and lists.',
      );
    case 'crash':
      return faultOf('evaluation_crashed', 'Condition and template could not be evaluated.');
  }
}

/** Of a revision that is not tried any more. */
export const TOO_MANY_STRIKES: Fault = faultOf(
  'evaluation_stopped',
  'This revision of the automation had to be stopped too often and is not evaluated any more. Make it simpler.',
);

function faultOf(code: string, message: string): Fault {
  return { path: '', code, message };
}
