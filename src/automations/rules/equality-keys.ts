import type { JsonValue } from '../../json.js';
import { operationOf } from '../operation.js';

/** Stands for a text, a number or a boolean: values that JSON Logic takes for equal have the same key. */
export type Key = string | number;

/** What a condition demands: it can only hold when the value at the path has one of the keys. */
export interface Equality {
  /** As conditions write it: `data.rank`. */
  path: string;
  keys: ReadonlySet<Key>;
  /** Compared with `==`, which takes lists and objects for the text that they would print: `["SGT"] == "SGT"`. */
  loose: boolean;
}

/** A path that can be looked up, and the key of what it reads where there is nothing. */
interface Variable {
  path: string;
  fallback: Key | undefined;
}

/** Names of the context that cost nothing to read. The others are made for one rule or anew for each event, such as `now`. */
const CHEAP_NAMES: ReadonlySet<string> = new Set([
  'event',
  'data',
  'changes',
  'actor',
  'model',
  'model_type',
  'model_id',
  'causer',
  'causer_id',
]);
/** A longer path is not looked up: each part is a step, for every event. */
const MAX_PARTS = 8;

/**
 * The equalities that must all hold for a condition to hold; empty where none can be told. They stand at the top of a
 * condition: by themselves, within `and`, or within an `or` whose every branch asks for the same path.
 */
export function equalitiesOf(condition: JsonValue): Equality[] {
  const operation = operationOf(condition);
  if (!operation) return [];
  const { name, args } = operation;
  switch (name) {
    case 'and':
      return args.flatMap(equalitiesOf);
    case 'or':
      return commonTo(args.map(equalitiesOf));
    case '==':
    case '===':
      return comparison(args, name === '==');
    case 'in':
      return membership(args);
    default:
      return [];
  }
}

/**
 * The key of a value, undefined for null, lists and objects. The number that JavaScript's `==` would compare, where
 * there is one, so that `"5" == 5` and `true == 1` meet; a key may stand for more than what is equal, never for less.
 */
export function keyOf(value: unknown): Key | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' && typeof value !== 'boolean') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? String(value) : number;
}

function comparison(
  [left = null, right = null, ...rest]: readonly JsonValue[],
  loose: boolean,
): Equality[] {
  const variable = variableOf(left) ?? variableOf(right);
  const key = keyOf(variableOf(left) ? right : left);
  if (!variable || key === undefined || rest.length > 0) return [];
  return equality(variable, [key], loose);
}

/** Only in a list: in a text, `in` looks for a part of it. */
function membership([needle = null, list, ...rest]: readonly JsonValue[]): Equality[] {
  const variable = variableOf(needle);
  if (!variable || !Array.isArray(list) || rest.length > 0) return [];
  const keys = list.flatMap((item) => keyOf(item) ?? []);
  // Null in the list would also find what is missing.
  return keys.length === list.length ? equality(variable, keys, false) : [];
}

function equality({ path, fallback }: Variable, keys: readonly Key[], loose: boolean): Equality[] {
  if (fallback !== undefined && keys.includes(fallback)) return [];
  return [{ path, keys: new Set(keys), loose }];
}

function variableOf(rule: JsonValue): Variable | undefined {
  const operation = operationOf(rule);
  const [path, fallback = null, ...rest] = operation?.args ?? [];
  if (operation?.name !== 'var' || typeof path !== 'string' || rest.length > 0) return undefined;
  const [name = '', ...parts] = path.split('.', MAX_PARTS + 1);
  if (!CHEAP_NAMES.has(name) || parts.length === MAX_PARTS) return undefined;
  // A list or an object would be a rule of its own.
  if (typeof fallback === 'object' && fallback !== null) return undefined;
  return { path, fallback: keyOf(fallback) };
}

/** One of the branches holds: at a path that each of them asks for, there is a key of one of them. */
function commonTo([first = [], ...others]: readonly Equality[][]): Equality[] {
  return first.flatMap((one) => {
    const same = others.flatMap((branch) => branch.find(({ path }) => path === one.path) ?? []);
    return same.length === others.length ? [unionOf([one, ...same])] : [];
  });
}

function unionOf(equalities: readonly [Equality, ...Equality[]]): Equality {
  return {
    path: equalities[0].path,
    keys: new Set(equalities.flatMap(({ keys }) => [...keys])),
    loose: equalities.some(({ loose }) => loose),
  };
}
