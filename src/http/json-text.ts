import { isUtf8 } from 'node:buffer';
import { BugleError, type Fault, invalidInput, MAX_FAULTS } from '../errors.js';
import { jsonBreak } from './json-break.js';

const MAX_DEPTH = 64;
/** Objects and lists in one body: a batch of 1,000 events may hold 200 in each. */
const MAX_CONTAINERS = 200_000;
const [OPEN_LIST, OPEN_OBJECT, QUOTE, BACKSLASH] = [0x5b, 0x7b, 0x22, 0x5c];
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
/** A JSON text in UTF-8 without any of these has no forbidden key, no NUL and no half of a surrogate pair. */
const SUSPICIOUS = ['\\u', ...FORBIDDEN_KEYS];

/**
 * Parses a request body and refuses what no later step should have to think of: text that is not UTF-8 or not
 * JSON, NUL bytes and lone surrogates (PostgreSQL and receivers cannot hold them), keys that reach a prototype,
 * nesting without end, numbers without a value.
 * @throws BugleError 400 `malformed_json`, 422 `invalid_input` with a path to each fault.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body))
    throw new BugleError(400, 'malformed_json', 'The body is not valid UTF-8 text.');
  // Before it is parsed: an empty object costs three bytes of a request, and many times that of the server.
  if (countContainers(body) > MAX_CONTAINERS) throw invalidInput(placed(TOO_MANY, ''));
  const text = body.toString('utf8');
  const value = parse(text);
  if (!SUSPICIOUS.some((part) => text.includes(part)) && isBounded(value, 0)) return value;
  const faults = findForbidden(value);
  if (faults.length > 0) throw invalidInput(faults);
  return value;
}

/** How many objects and lists begin in a JSON text; of one that is no JSON, some number like that. */
function countContainers(body: Buffer): number {
  // No text holds more of them than bytes, so that few bodies need to be looked through.
  if (body.length <= MAX_CONTAINERS) return 0;
  let count = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) count += 1;
    else if (byte === QUOTE) at = endOfText(body, at);
  }
  return count;
}

function endOfText(body: Buffer, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BugleError(400, 'malformed_json', `The body is not valid JSON${reasonOf(text)}.`);
  }
}

/** The engine's own message is not passed on: it may quote the body, and tells no position for most faults. */
function reasonOf(text: string): string {
  if (text.trim() === '') return ': it is empty';
  const index = jsonBreak(text);
  if (index === undefined) return '';
  if (index >= text.length) return ': it ends too early';
  const before = text.slice(0, index).split('\n');
  return `: see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
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
  if (!isContainer(root)) return placed(problemOfValue(root), '');
  const faults: Fault[] = [];
  const stack: Place[] = [{ value: root, depth: 0 }];
  for (let place = stack.pop(); place && faults.length < MAX_FAULTS; place = stack.pop()) {
    if (place.depth >= MAX_DEPTH) faults.push(...placed(TOO_DEEP, pathOf(place)));
    else faults.push(...inspect(place, stack));
  }
  return faults.slice(0, MAX_FAULTS);
}

function inspect(place: Place, stack: Place[]): Fault[] {
  const { value } = place;
  const faults: Fault[] = [];
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const child: unknown = Reflect.get(value, key);
    const ofKey = typeof key === 'string' ? problemOfKey(key) : undefined;
    const ofValue = isContainer(child) ? undefined : problemOfValue(child);
    if (ofKey || ofValue) {
      const path = pathWithin(place, String(key));
      faults.push(...placed(ofKey, path), ...placed(ofValue, path));
    }
    if (isContainer(child)) {
      stack.push({ value: child, depth: place.depth + 1, within: { place, key: String(key) } });
    }
    if (faults.length >= MAX_FAULTS) break;
  }
  return faults;
}

/** Whether there is nothing too deep in it, and no number without a value. */
function isBounded(value: unknown, depth: number): boolean {
  if (!isContainer(value)) return typeof value !== 'number' || Number.isFinite(value);
  if (depth >= MAX_DEPTH) return false;
  // What JSON.parse made has own keys only.
  for (const key in value) if (!isBounded(Reflect.get(value, key), depth + 1)) return false;
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pathOf({ within }: Place): string {
  return within ? pathWithin(within.place, within.key) : '';
}

function pathWithin(place: Place, key: string): string {
  const parent = pathOf(place);
  return Array.isArray(place.value) ? `${parent}[${key}]` : joinPath(parent, key);
}

type Problem = Omit<Fault, 'path'>;

function placed(problem: Problem | undefined, path: string): Fault[] {
  return problem ? [{ path, ...problem }] : [];
}

const TOO_MANY: Problem = {
  code: 'too_many_parts',
  message: `the body holds more than ${MAX_CONTAINERS} objects and lists`,
};

const TOO_DEEP: Problem = {
  code: 'too_deep',
  message: `is nested deeper than ${MAX_DEPTH} levels`,
};

function problemOfValue(value: unknown): Problem | undefined {
  if (typeof value === 'string') return problemOfText(value);
  // JSON.parse makes Infinity of 1e400, and JSON.stringify makes null of that.
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  return { code: 'number_out_of_range', message: 'is larger than any number can be: 1.8e308' };
}

function problemOfKey(key: string): Problem | undefined {
  if (!FORBIDDEN_KEYS.has(key)) return problemOfText(key);
  return { code: 'forbidden_key', message: `the key "${key}" is not allowed anywhere in a body` };
}

function problemOfText(text: string): Problem | undefined {
  if (text.includes('\0')) {
    return { code: 'nul_byte', message: 'holds a NUL character, which cannot be stored' };
  }
  if (text.isWellFormed()) return undefined;
  return { code: 'lone_surrogate', message: 'holds half of a surrogate pair: not valid Unicode' };
}

/** Appends a key to a path: `data.name`, `data["odd key"]`. */
export function joinPath(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  if (!/^[\w$:.-]+$/.test(shown)) return `${path}[${JSON.stringify(shown.toWellFormed())}]`;
  return path ? `${path}.${shown}` : shown;
}
