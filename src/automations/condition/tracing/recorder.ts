import { OPERATORS } from '../operators/index.js';
import type { TracedNode } from './traced-node.js';

/** Turns of a loop that are kept from its beginning. The last one is kept too: it is the one that ended the loop. */
const FIRST_TURNS = 5;

/** One evaluation of one part of a condition. */
export interface Recorded {
  node: TracedNode;
  /** False when the evaluation was stopped in here. */
  ended: boolean;
  value: unknown;
  /** In the order in which they were evaluated. */
  operands: Recorded[];
  /** Turns, for a loop. */
  turns: number;
  /** Which item it was evaluated for, when it is what a loop repeats. */
  item?: number;
}

/** Writes down what is evaluated. Its size is bounded by the condition's, not by the event's. */
export class Recorder {
  readonly root: Recorded;
  /** The parts that are being evaluated, each within the one before. */
  readonly #open: Recorded[] = [];

  constructor(root: TracedNode) {
    this.root = recordOf(root);
  }

  open(node: TracedNode): void {
    const parent = this.#open.at(-1);
    if (!parent) return void this.#open.push(this.root);
    const record = recordOf(node);
    addOperand(parent, record);
    this.#open.push(record);
  }

  close(value: unknown): void {
    const record = this.#open.pop();
    if (record) Object.assign(record, { ended: true, value });
  }
}

function recordOf(node: TracedNode): Recorded {
  return { node, ended: false, value: null, operands: [], turns: 0 };
}

function addOperand(parent: Recorded, record: Recorded): void {
  if (isLoop(parent.node) && record.node.index === 1) {
    record.item = parent.turns;
    parent.turns += 1;
    // The turn before this one did not end the loop.
    if (parent.turns > FIRST_TURNS + 1) parent.operands.pop();
  }
  parent.operands.push(record);
}

function isLoop({ operator }: TracedNode): boolean {
  return operator !== null && OPERATORS.get(operator)?.loopsOver !== undefined;
}
