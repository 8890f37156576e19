import type { JsonValue } from '../../../json.js';
import { decisiveOperands } from './decisive.js';
import type { Recorded } from './recorder.js';
import { shorten } from './shorten.js';

/** How one part of a condition was evaluated. */
export interface ConditionTrace {
  /** Where it stands, as in faults: `and[0].==`, or `==[1]` for a constant. '' for a constant as the whole. */
  path: string;
  /** Null for a constant and for a list. */
  operator: string | null;
  /** What it gave, long texts, lists and objects cut; null where the evaluation was stopped in here. */
  value: JsonValue;
  /** It lies on the way from the whole condition to what decided. */
  decisive: boolean;
  /** What was evaluated for it, in order. What was not evaluated is not there, nor are the constants of a list. */
  operands: ConditionTrace[];
  /** In a loop: which item it was evaluated for, from 0. */
  item?: number;
  /** How many further operands or turns of a loop were evaluated and are not shown. */
  omitted?: number;
}

/** Parts shown in all. What decided goes first. */
const MAX_PARTS = 300;
/** Parts among them that decided and that are shown before the values of any. */
const MAX_EXPLAINED = 150;

/** What is shown of a recording: never more than MAX_PARTS parts, each with a short value. */
export function traceOf(root: Recorded): ConditionTrace {
  const decisive = breadthFirst([root], decisiveOperands);
  const nearest = decisive.slice(0, MAX_EXPLAINED);
  // With the values that the nearest of what decided was made of, before further parts.
  const explained = breadthFirst(nearest.filter(isEnd), showableOperands);
  const wanted = new Set([...nearest, ...explained, ...decisive, ...partsBelow(root)]);
  const shown = new Set([...wanted].slice(0, MAX_PARTS));
  return describe(root, { decisive: new Set(decisive), shown, shorten: memoized(shorten) });
}

interface Selection {
  decisive: ReadonlySet<Recorded>;
  /** A part is never shown without the one that it belongs to. */
  shown: ReadonlySet<Recorded>;
  shorten: (value: unknown) => JsonValue;
}

/** Listing the fields of one large object for each part that read it would take longer than evaluating. */
function memoized(make: (value: unknown) => JsonValue): (value: unknown) => JsonValue {
  const made = new Map<unknown, JsonValue>();
  return (value) => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const fresh = make(value);
    made.set(value, fresh);
    return fresh;
  };
}

function describe(record: Recorded, selection: Selection): ConditionTrace {
  const operands = record.operands.filter((operand) => selection.shown.has(operand));
  const droppedTurns = record.turns - record.operands.filter(isTurn).length;
  const omitted = record.operands.length - operands.length - constantsOf(record) + droppedTurns;
  return {
    path: record.node.path,
    operator: record.node.operator,
    value: selection.shorten(record.value),
    decisive: selection.decisive.has(record),
    operands: operands.map((operand) => describe(operand, selection)),
    ...(isTurn(record) && { item: record.item }),
    ...(omitted > 0 && { omitted }),
  };
}

function partsBelow(root: Recorded): Recorded[] {
  return breadthFirst([root], showableOperands);
}

/** Whether nothing of what it was made of decided more than the rest. */
function isEnd(record: Recorded): boolean {
  return decisiveOperands(record).length === 0;
}

/** From these downwards, nearest first. */
function breadthFirst(
  from: readonly Recorded[],
  next: (record: Recorded) => Recorded[],
): Recorded[] {
  const found = [...from];
  // The list grows while it is walked.
  for (const record of found) {
    if (found.length >= MAX_PARTS) break;
    found.push(...next(record));
  }
  return found;
}

/** A list of a hundred names is one value: its items are shown only where they had to be evaluated. */
function showableOperands(record: Recorded): Recorded[] {
  return isList(record) ? record.operands.filter((item) => !isConstant(item)) : record.operands;
}

function constantsOf(record: Recorded): number {
  return record.operands.length - showableOperands(record).length;
}

function isList({ node, operands }: Recorded): boolean {
  return node.operator === null && operands.length > 0;
}

function isConstant({ node, operands }: Recorded): boolean {
  return node.operator === null && operands.length === 0;
}

function isTurn({ item }: Recorded): boolean {
  return item !== undefined;
}
