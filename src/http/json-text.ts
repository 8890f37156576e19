import { isUtf8 } from 'node:buffer';
import { BugleError, type Fault, invalidInput } from '../errors.js';
import { jsonBreak } from './json-break.js';

const MAX_DEPTH = 64;
const MAX_FAULTS = 20;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses a request body and refuses what no later step should have to think of: text that is not UTF-8 or not
 * JSON, NUL bytes and lone surrogates (PostgreSQL and receivers cannot hold them), keys that reach a prototype,
 * nesting without end, numbers without a value.
 * @throws BugleError 400 `malformed_json`, 422 `invalid_input` with a path to each fault.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body))
    throw new BugleError(400, 'malformed_json', 'The body is not valid UTF-8 text.');
  const text = body.toString('utf8');
  const value = parse(text);
  const faults = findForbidden(value);
  if (faults.length > 0) throw invalidInput(faults);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BugleError(400, 'malformed_json', `The body is not valid JSON: ${reasonOf(text)}.`);
  }
}

/** The engine's own message is not passed on: it may quote the body, and tells no position for most faults. */
function reasonOf(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const index = jsonBreak(text);
  if (index >= text.length) return 'it ends too early';
  const before = text.slice(0, index).split('\n');
  return `see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** An object or a list on the walk; its path is spelled out only when something in it is wrong. */
interface Place {
  value: object;
  depth: number;
  within?: { place: Place; key: string };
}

/**
 * Iterative, so that deep nesting cannot overflow the stack, and without a note for each plain value: a body may hold
 * millions of them.
 */
export function findForbidden(root: unknown): Fault[] {
  if (!isContainer(root)) return valueFaults(root, () => '');
  const faults: Fault[] = [];
  const stack: Place[] = [{ value: root, depth: 0 }];
  for (let place = stack.pop(); place && faults.length < MAX_FAULTS; place = stack.pop()) {
    if (place.depth >= MAX_DEPTH) faults.push(tooDeep(pathOf(place)));
    else faults.push(...inspect(place, stack));
  }
  return faults.slice(0, MAX_FAULTS);
}

function inspect(place: Place, stack: Place[]): Fault[] {
  const { value } = place;
  const faults: Fault[] = [];
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const child: unknown = Reflect.get(value, key);
    const pathOfChild = () => pathOf({ value, depth: 0, within: { place, key: String(key) } });
    if (typeof key === 'string') faults.push(...keyFaults(key, pathOfChild));
    if (isContainer(child)) {
      stack.push({ value: child, depth: place.depth + 1, within: { place, key: String(key) } });
    } else faults.push(...valueFaults(child, pathOfChild));
    if (faults.length >= MAX_FAULTS) break;
  }
  return faults;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pathOf({ within }: Place): string {
  if (!within) return '';
  const parent = pathOf(within.place);
  return Array.isArray(within.place.value)
    ? `${parent}[${within.key}]`
    : joinPath(parent, within.key);
}

function tooDeep(path: string): Fault {
  return { path, code: 'too_deep', message: `is nested deeper than ${MAX_DEPTH} levels` };
}

type PathOf = () => string;

const NONE: Fault[] = [];

function valueFaults(value: unknown, path: PathOf): Fault[] {
  if (typeof value === 'string') return textFaults(value, path);
  // JSON.parse makes Infinity of 1e400, and JSON.stringify makes null of that.
  if (typeof value !== 'number' || Number.isFinite(value)) return NONE;
  const message = 'is larger than any number can be: 1.8e308';
  return [{ path: path(), code: 'number_out_of_range', message }];
}

function keyFaults(key: string, path: PathOf): Fault[] {
  if (!FORBIDDEN_KEYS.has(key)) return textFaults(key, path);
  const message = `the key "${key}" is not allowed anywhere in a body`;
  return [{ path: path(), code: 'forbidden_key', message }];
}

function textFaults(text: string, path: PathOf): Fault[] {
  if (text.includes('\0')) {
    const message = 'holds a NUL character, which cannot be stored';
    return [{ path: path(), code: 'nul_byte', message }];
  }
  if (text.isWellFormed()) return NONE;
  const message = 'holds half of a surrogate pair: not valid Unicode';
  return [{ path: path(), code: 'lone_surrogate', message }];
}

/** Appends a key to a path: `data.name`, `data["odd key"]`. */
export function joinPath(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  if (!/^[\w$:.-]+$/.test(shown)) return `${path}[${JSON.stringify(shown.toWellFormed())}]`;
  return path ? `${path}.${shown}` : shown;
}
