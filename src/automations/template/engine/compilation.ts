import type { TwingBaseNode } from 'twing/light';
import type { Fault } from '../../../errors.js';
import type { TemplateValue } from '../values/template-value.js';
import type { SourcePlace } from '../place.js';
import type { Scope } from './scope.js';
import { isKind, type NodeOf, type SyntaxNode } from '../syntax.js';

/** An expression, ready to be evaluated. */
export type Evaluate = (scope: Scope) => TemplateValue;

/** A statement, ready to be executed: it writes to the run of its scope. */
export type Execute = (scope: Scope) => void;

/** What was made of a source, or all that is wrong with it. */
export type MadeOrFaults<Made> = { ok: true; made: Made } | { ok: false; faults: Fault[] };

/** The same of what is kept to be rendered. */
export type Compiled<Made> =
  | { ok: true; made: Made; /** About how much memory it keeps. */ bytes: number }
  | { ok: false; faults: Fault[] };

/** A macro of the template. Its body is filled in after all macros are known, because they may call each other. */
export interface Macro {
  parameters: readonly { name: string; fallback: Evaluate }[];
  body: Execute;
}

/** What the rules for single nodes need of the compiler that walks the tree. */
export interface Compilation {
  readonly macros: ReadonlyMap<string, Macro>;
  expression(node: TwingBaseNode): Evaluate;
  statement(node: TwingBaseNode): Execute;
  /** Notes what is wrong and answers a stand-in, so that one look finds all faults. */
  refuse(node: SourcePlace, code: Fault['code'], message: string): Evaluate;
  /** Notes that so many arguments of a call are kept, with those that nobody wrote. */
  keepsArguments(count: number): void;
  /** Where the variable `loop` was read so far: only the loops around such a place make it. */
  loopReads: number;
}

/** What becomes of each kind of node. A kind without a rule is refused, whatever it does. */
export type Rules<Made> = ReadonlyMap<SyntaxNode['type'], Rule<Made>>;

type Rule<Made> = (node: SyntaxNode, c: Compilation) => Made | undefined;

/** The rule for one kind of node. */
export function on<Type extends SyntaxNode['type'], Made>(
  type: Type,
  make: (node: NodeOf<Type>, c: Compilation) => Made,
): readonly [Type, Rule<Made>] {
  return [type, (node, c) => (isKind(node, type) ? make(node, c) : undefined)];
}

/** Only the numbers: a node would keep the whole tree in memory. */
export function placeOf({ line, column }: SourcePlace): SourcePlace {
  return { line, column };
}
