import type { TwingBaseNode } from 'twing/light';
import { type Declared, type KnownNames, LOOP } from './known-names.js';
import { assignedIn } from './assigned-names.js';
import { itemOf, perhaps, type Reading, UNKNOWN } from './readings.js';
import {
  childrenOf,
  declaredName,
  isKind,
  type NodeOf,
  pairsOf,
  type SyntaxNode,
  typed,
} from '../syntax.js';

/** What the rules for single nodes need of whoever walks the tree. */
export interface NodeReader {
  read(node: TwingBaseNode, names: KnownNames): Reading;
  readGuarded(node: TwingBaseNode, names: KnownNames): Reading;
}

type Rule = (node: SyntaxNode, names: KnownNames, reader: NodeReader) => Reading;

/** Nodes that declare names, answer a part of what they read, or expect to find nothing. All others read their children. */
export const RULES: ReadonlyMap<SyntaxNode['type'], Rule> = new Map<SyntaxNode['type'], Rule>([
  on('for', loop),
  on('set', assign),
  on('with', nest),
  on('filter', filter),
  on('test', test),
  on('nullish_coalescing', coalesce),
  on('has_some', quantifier),
  on('has_every', quantifier),
  on('method_call', (node, names, reader) => {
    for (const { value } of pairsOf(node.children.arguments)) reader.read(value, names);
    return UNKNOWN;
  }),
]);

function on<Type extends SyntaxNode['type']>(
  type: Type,
  rule: (node: NodeOf<Type>, names: KnownNames, reader: NodeReader) => Reading,
): readonly [Type, Rule] {
  return [type, (node, ...rest) => (isKind(node, type) ? rule(node, ...rest) : UNKNOWN)];
}

/** Filters that answer some items of a list, in a list. */
const KEEPING: ReadonlySet<string> = new Set(['filter', 'sort', 'slice', 'reverse']);
/** Filters that answer one item of a list. */
const PICKING: ReadonlySet<string> = new Set(['first', 'last', 'find']);

function loop(node: NodeOf<'for'>, names: KnownNames, reader: NodeReader): Reading {
  const { keyTarget, valueTarget, sequence, body } = node.children;
  const values = reader.read(sequence, names);
  const valueName = declaredName(valueTarget);
  const inner = names.nested({ own: namesSetIn(body, names) });
  inner.declare(declaredName(keyTarget), UNKNOWN);
  inner.declare(valueName, itemOf(values, valueName));
  inner.declare('loop', LOOP);
  reader.read(body, inner);
  if (node.children.else) reader.read(node.children.else, names);
  return UNKNOWN;
}

/** What a turn of a loop sets, the next one reads; and what was there before may be something else afterwards. */
function namesSetIn(body: TwingBaseNode, names: KnownNames): Map<string, Reading> {
  const inside = new Map<string, Reading>();
  for (const name of assignedIn(body)) {
    const before = names.get(name);
    inside.set(name, perhaps(name, before));
    if (before) names.declare(name, perhaps(name, before));
  }
  return inside;
}

function assign(node: NodeOf<'set'>, names: KnownNames, reader: NodeReader): Reading {
  const { names: targets, values } = node.children;
  const written = node.attributes.captures ? [typed(values)] : childrenOf(values);
  const readings = written.map((value) => reader.read(value, names));
  childrenOf(targets)
    .map(declaredName)
    .forEach((name, index) => {
      const before = names.get(name);
      const made = { ...(readings[index] ?? UNKNOWN), label: name };
      names.declare(name, before ? perhaps(name, before) : made);
    });
  return UNKNOWN;
}

function nest(node: NodeOf<'with'>, names: KnownNames, reader: NodeReader): Reading {
  const { variables, body } = node.children;
  const own = variables ? variablesOf(typed(variables), names, reader) : {};
  reader.read(body, node.attributes.only ? names.isolated(own) : names.nested(own));
  return UNKNOWN;
}

function variablesOf(node: SyntaxNode, names: KnownNames, reader: NodeReader): Declared {
  if (node.type !== 'hash') return { holder: reader.read(node, names) };
  const own = new Map<string, Reading>();
  let open = false;
  for (const { key, value } of pairsOf(node)) {
    const reading = reader.read(value, names);
    if (key.type !== 'constant' || value.type === 'spread') open = true;
    else own.set(String(key.attributes.value), { ...reading, label: String(key.attributes.value) });
  }
  return { own, open };
}

function filter(node: NodeOf<'filter'>, names: KnownNames, reader: NodeReader): Reading {
  const name = node.attributes.operatorName;
  const given = pairsOf(node.children.arguments).map(({ value }) => value);
  const operand = node.children.operand && typed(node.children.operand);
  if (name === 'default' && operand) return fallback([operand, ...given], names, reader);
  const input = operand ? reader.read(operand, names) : UNKNOWN;
  for (const value of given) {
    if (value.type === 'arrow_function')
      arrow(value, { given: parametersOf(name, input), names, reader });
    else reader.read(value, names);
  }
  if (PICKING.has(name)) return itemOf(input);
  return KEEPING.has(name) ? { ...input, label: undefined } : UNKNOWN;
}

function coalesce(
  node: NodeOf<'nullish_coalescing'>,
  names: KnownNames,
  reader: NodeReader,
): Reading {
  const { expr1, expr3 } = node.children;
  return fallback([typed(expr1), typed(expr3)], names, reader);
}

/** The first value, or the second one where there is none. */
function fallback(
  [value, ...others]: readonly SyntaxNode[],
  names: KnownNames,
  reader: NodeReader,
): Reading {
  const reading = value ? reader.readGuarded(value, names) : UNKNOWN;
  for (const other of others) reader.read(other, names);
  return others.every(hasNoFields) ? reading : UNKNOWN;
}

function hasNoFields(node: SyntaxNode): boolean {
  const isLiteral = node.type === 'array' || node.type === 'hash';
  return node.type === 'constant' || (isLiteral && pairsOf(node).length === 0);
}

function test(node: NodeOf<'test'>, names: KnownNames, reader: NodeReader): Reading {
  const { operand, arguments: given } = node.children;
  const isGuard = node.attributes.operatorName === 'defined';
  if (operand && isGuard) reader.readGuarded(operand, names);
  else if (operand) reader.read(operand, names);
  reader.read(given, names);
  return UNKNOWN;
}

/** What a filter calls its arrow function with. */
function parametersOf(filterName: string, input: Reading): Reading[] {
  const item = itemOf(input);
  if (filterName === 'reduce') return [UNKNOWN, item];
  return filterName === 'sort' ? [item, item] : [item];
}

function quantifier(
  node: NodeOf<'has_some'> | NodeOf<'has_every'>,
  names: KnownNames,
  reader: NodeReader,
): Reading {
  const values = reader.read(node.children.left, names);
  const written = typed(node.children.right);
  if (written.type === 'arrow_function') arrow(written, { given: [itemOf(values)], names, reader });
  else reader.read(written, names);
  return UNKNOWN;
}

function arrow(
  node: NodeOf<'arrow_function'>,
  { given, names, reader }: { given: readonly Reading[]; names: KnownNames; reader: NodeReader },
): void {
  const parameters = childrenOf(node.children.names).map((target, index) => {
    const label = declaredName(target);
    return [label, { ...(given[index] ?? UNKNOWN), label }] as const;
  });
  reader.read(node.children.body, names.nested({ own: new Map(parameters) }));
}
