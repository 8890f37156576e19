import { shownName } from '../../shown-name.js';
import { CONTEXT_NAMES } from '../../context/context.js';
import { ANY_FIELD, closedObject, type Field, fieldAt, listedField } from '../../context/field.js';
import { type Searches, type UnknownField, unknownField } from '../../context/unknown-field.js';

/** What paths begin in at a place of a condition. */
export interface FieldScope {
  field: Field;
  /** What messages call it. */
  label: string;
  /** Where it stands in the context. */
  root: string;
  /** It is the item of a loop, from where the event is out of reach. */
  isItem: boolean;
}

/** At the root of a condition. */
export function eventScope(context: Field): FieldScope {
  return { field: context, label: 'the context', root: '', isItem: false };
}

/** In `changed` and the like. */
export function recordScope(data: Field = ANY_FIELD): FieldScope {
  return { field: data, label: 'data', root: 'data', isItem: false };
}

/** In what a loop repeats. */
export function itemScope(
  list: Field | undefined,
  { name, loopsOver }: { name?: string; loopsOver: 'items' | 'accumulation' },
): FieldScope {
  const item = list?.items ?? ANY_FIELD;
  const label = name === undefined ? 'the items' : `the items of ${name || 'the list'}`;
  const field =
    loopsOver === 'items' ? item : closedObject('', { current: item, accumulator: ANY_FIELD });
  return { field, label, root: '', isItem: true };
}

/** What a path leads to, and what to say about it when that is not known to exist. */
interface Lookup {
  field: Field;
  problem?: string;
}

/** Names listed in a message. */
const MAX_NAMES = 10;

/** Follows a path. What may be there though nobody listed it is no problem, unless it looks like a slip. */
export function lookUp(path: string, scope: FieldScope, searches: Searches): Lookup {
  let { field } = scope;
  const segments = path === '' ? [] : path.split('.');
  for (const [index, segment] of segments.entries()) {
    const next = nextField(field, segment);
    const unknown =
      unknownAt(field, segment, searches) ?? misplacedRoot(segment, { index, field, scope });
    if (unknown !== undefined) {
      const { near } = unknown;
      const before = segments.slice(0, index);
      return { field: next, problem: describe(segment, { before, field, near, scope }) };
    }
    field = next;
  }
  return { field, problem: scope.isItem ? eventOutOfReach(path, scope) : undefined };
}

/** As in `{"changed": "data.rank"}`. */
function isRootAgain(index: number, segment: string, { root }: FieldScope): boolean {
  return index === 0 && root !== '' && segment === root;
}

function misplacedRoot(
  segment: string,
  { index, field, scope }: { index: number; field: Field; scope: FieldScope },
): UnknownField | undefined {
  const isListed = listedField(field, segment) !== undefined;
  return !isListed && isRootAgain(index, segment, scope) ? {} : undefined;
}

function nextField(field: Field, segment: string): Field {
  return fieldOfText(field, segment) ?? fieldAt(field, segment) ?? ANY_FIELD;
}

function unknownAt(field: Field, segment: string, searches: Searches): UnknownField | undefined {
  return fieldOfText(field, segment) ? undefined : unknownField(field, segment, searches);
}

/** What only conditions can read: lists and texts have a length, and texts have characters. */
function fieldOfText(field: Field, segment: string): Field | undefined {
  const { type } = field;
  if (segment === 'length' && (type === 'list' || type === 'text' || type === 'time')) {
    return { type: 'number', open: false };
  }
  const isText = type === 'text' || type === 'time';
  return isText && /^\d+$/.test(segment) ? field : undefined;
}

interface Missing {
  before: readonly string[];
  field: Field;
  near: string | undefined;
  scope: FieldScope;
}

function describe(segment: string, { before, field, near, scope }: Missing): string {
  const isFirst = before.length === 0;
  if (near === undefined && isFirst && scope.isItem && isEventName(segment)) {
    return outOfReach(segment);
  }
  if (isRootAgain(before.length, segment, scope)) return beginsWithRoot(segment);
  const holder = isFirst ? scope.label : [scope.root, ...before].filter(Boolean).join('.');
  if (field.type === 'list') {
    return `"${holder}" is a list: use "some" or "filter", or read one item as "${[...before, '0'].join('.')}".`;
  }
  if (field.type !== 'object' && field.type !== 'any') {
    return `"${holder}" is a ${field.type} and has no fields.`;
  }
  const hint =
    near === undefined ? namesIn(field) : `Did you mean "${[...before, near].join('.')}"?`;
  return `There is no "${shownName(segment)}" in ${holder}. ${hint}`.trim();
}

function beginsWithRoot(root: string): string {
  return `The field is named by its path within "${root}": leave "${root}." away.`;
}

function namesIn({ fields = {} }: Field): string {
  const names = Object.keys(fields);
  if (names.length === 0) return '';
  const more = names.length > MAX_NAMES ? ', …' : '';
  return `There are: ${names.slice(0, MAX_NAMES).join(', ')}${more}.`;
}

/** Nothing is known of the items, but the path looks as if it should begin at the event. */
function eventOutOfReach(path: string, { field }: FieldScope): string | undefined {
  const [root = '', ...rest] = path.split('.');
  const isUnknown = rest.length > 0 && listedField(field, root) === undefined;
  return isUnknown && isEventName(root) ? outOfReach(root) : undefined;
}

function isEventName(name: string): boolean {
  return CONTEXT_NAMES.some((known) => known === name);
}

function outOfReach(name: string): string {
  return `Inside of a loop "var" reads the item, which is not known to have "${name}". Test the event outside of the loop.`;
}
