import { isTruthy } from '../json-logic.js';
import type { Recorded } from './recorder.js';

/** Which operands decided what the whole gave; none for an operator that computes its value from all of them. */
export function decisiveOperands(record: Recorded): Recorded[] {
  if (!record.ended) return record.operands.filter(({ ended }) => !ended);
  const holds = isTruthy(record.value);
  switch (record.node.operator ?? 'constant') {
    case '!':
    case '!!':
      return record.operands;
    case 'and':
      return holds ? record.operands : record.operands.slice(-1);
    case 'or':
      return holds ? record.operands.slice(-1) : record.operands;
    case 'if':
    case '?:':
      return decisiveOfBranch(record);
    case 'some':
      return decisiveOfLoop(record, holds);
    case 'all':
    case 'none':
      return decisiveOfLoop(record, !holds);
    default:
      return [];
  }
}

/** The branch that was taken; and what led there when the branch is a constant, which explains nothing. */
function decisiveOfBranch({ operands }: Recorded): Recorded[] {
  const [taken] = operands.slice(-1);
  return taken === undefined || taken.node.operator === null ? operands : [taken];
}

/** A loop is ended by one item, or runs to its end for all; without an item its list decided. */
function decisiveOfLoop({ operands }: Recorded, endedByOne: boolean): Recorded[] {
  const turns = operands.filter(({ item }) => item !== undefined);
  if (turns.length === 0) return operands;
  return endedByOne ? turns.slice(-1) : turns;
}
