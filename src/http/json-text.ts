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

/** Iterative, so that deep nesting cannot overflow the stack. */
export function findForbidden(root: unknown): Fault[] {
  const faults: Fault[] = [];
  const stack: { value: unknown; path: string; depth: number }[] = [
    { value: root, path: '', depth: 0 },
  ];
  for (let next = stack.pop(); next && faults.length < MAX_FAULTS; next = stack.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') faults.push(...textFaults(value, path));
    if (typeof value === 'number') faults.push(...numberFaults(value, path));
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH) {
      faults.push({ path, code: 'too_deep', message: `is nested deeper than ${MAX_DEPTH} levels` });
      continue;
    }
    for (const [key, child] of Object.entries(value)) {
      const childPath = Array.isArray(value) ? `${path}[${key}]` : joinPath(path, key);
      if (!Array.isArray(value)) faults.push(...keyFaults(key, childPath));
      stack.push({ value: child, path: childPath, depth: depth + 1 });
    }
  }
  return faults;
}

function textFaults(text: string, path: string): Fault[] {
  if (text.includes('\0')) {
    return [{ path, code: 'nul_byte', message: 'holds a NUL character, which cannot be stored' }];
  }
  if (text.isWellFormed()) return [];
  return [
    { path, code: 'lone_surrogate', message: 'holds half of a surrogate pair: not valid Unicode' },
  ];
}

/** JSON.parse makes Infinity of 1e400, and JSON.stringify makes null of that. */
function numberFaults(value: number, path: string): Fault[] {
  if (Number.isFinite(value)) return [];
  return [
    { path, code: 'number_out_of_range', message: 'is larger than any number can be: 1.8e308' },
  ];
}

function keyFaults(key: string, path: string): Fault[] {
  if (FORBIDDEN_KEYS.has(key)) {
    return [
      {
        path,
        code: 'forbidden_key',
        message: `the key "${key}" is not allowed anywhere in a body`,
      },
    ];
  }
  return textFaults(key, path);
}

/** Appends a key to a path: `data.name`, `data["odd key"]`. */
export function joinPath(path: string, key: string): string {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  if (!/^[\w$:.-]+$/.test(shown)) return `${path}[${JSON.stringify(shown.toWellFormed())}]`;
  return path ? `${path}.${shown}` : shown;
}
