import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { type Fault, invalidInput, MAX_FAULTS } from '../errors.js';
import { findForbidden, joinPath, parseJsonBody } from './json-text.js';
import { sentenceOf } from './sentences.js';
import { upToFaults } from './up-to-faults.js';

/**
 * Parses the body's bytes (only now, behind the guards: a stranger costs no parsing) and validates bodies, queries
 * and parameters against the zod schema of their decorator.
 * @throws BugleError 400 `malformed_json`, 422 `invalid_input` with a path to each fault.
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { type, schema, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const root = type === 'param' && data ? data : '';
    const parsed =
      type === 'body' ? parseBody(asBuffer(value), schema) : refuseForbidden(value, root);
    return validate(schema, parsed, root);
  }
}

/**
 * Checks a value from outside against a schema of a request.
 * @throws BugleError 422 `invalid_input` with a path, below `root`, to each fault.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root = '',
): z.output<Schema> {
  const result = schema.safeParse(upToFaults(schema, value), { error: sentenceOf });
  if (result.success) return result.data;
  const { issues } = result.error;
  const faults = issues.slice(0, MAX_FAULTS).flatMap((issue) => toFaults(issue, root, value));
  throw invalidInput(strictest(faults).slice(0, MAX_FAULTS));
}

/** A number may be beyond what any integer can be and beyond its own bound: the last, which is stricter, is told. */
function strictest(faults: readonly Fault[]): Fault[] {
  return faults.filter(
    ({ path, code }, index) =>
      !OF_BOUNDS.has(code) ||
      !faults.slice(index + 1).some((later) => later.path === path && later.code === code),
  );
}

/** A query or a parameter can hold what a body must not, percent-encoded. */
function refuseForbidden(value: unknown, root: string): unknown {
  const faults = findForbidden(value);
  if (faults.length === 0) return value;
  throw invalidInput(faults.map((fault) => ({ ...fault, path: fault.path || root })));
}

/** No body at all counts as an empty object where every field may be left out: `curl -X POST …/test`. */
function parseBody(body: Buffer, schema: z.ZodType): unknown {
  return body.length === 0 && schema.safeParse({}).success ? {} : parseJsonBody(body);
}

function asBuffer(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function toFaults(issue: z.core.$ZodIssue, root: string, body: unknown): Fault[] {
  const path = issue.path.reduce<string>(
    (joined, key) =>
      typeof key === 'number' ? `${joined}[${key}]` : joinPath(joined, String(key)),
    root,
  );
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.slice(0, MAX_FAULTS).map((key, index) => ({
      path: joinPath(path, key),
      code: 'unknown_field',
      message: messages[index] ?? issue.message,
    }));
  }
  if (valueAt(body, issue.path) === undefined && issue.code === 'invalid_type') {
    return [{ path, code: 'required', message: 'is required' }];
  }
  return [{ path, code: CODES[issue.code] ?? 'invalid_value', message: issue.message }];
}

const CODES: Partial<Record<z.core.$ZodIssue['code'], string>> = {
  invalid_type: 'wrong_type',
  too_big: 'too_large',
  too_small: 'too_small',
  invalid_format: 'invalid_format',
};

const OF_BOUNDS = new Set(['too_large', 'too_small']);

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    root,
  );
}
