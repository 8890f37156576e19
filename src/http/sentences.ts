import type { z } from 'zod';
import { nearestName } from '../nearest-name.js';

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** What is wrong with a part of a request, in Bugle's words; undefined leaves it to zod's. Shows no value. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return mustBe([issue.expected], issue.input);
    case 'invalid_union':
      return mustBe(expectedOf(issue.errors), issue.input);
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'invalid_key':
      return `has a name that cannot be used: it ${issue.issues[0]?.message ?? 'is not valid'}`;
    case 'too_big':
      return tooMuch(issue.origin, Number(issue.maximum));
    case 'too_small':
      if (issue.inclusive === false) return `must be above ${issue.minimum}`;
      return tooLittle(issue.origin, Number(issue.minimum));
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return undefined;
  }
}

function mustBe(expected: readonly string[], given: unknown): string | undefined {
  const kinds = [...new Set(expected.map((name) => KINDS[name]))];
  if (kinds.length === 0 || kinds.includes(undefined)) return undefined;
  const kind = kindOf(given);
  // To be told that 1.5 is a number does not help where a whole one is wanted.
  const saysMore = kind !== undefined && !kinds.some((wanted) => wanted?.endsWith(kind.slice(2)));
  return `must be ${kinds.join(', or ')}${saysMore ? `, not ${kind}` : ''}`;
}

/** What each alternative would have taken. */
function expectedOf(alternatives: readonly (readonly z.core.$ZodIssue[])[]): string[] {
  return alternatives.flatMap(([first]) =>
    first?.code === 'invalid_type' && first.path.length === 0 ? [first.expected] : [],
  );
}

function kindOf(value: unknown): string | undefined {
  if (value === null) return KINDS['null'];
  return KINDS[Array.isArray(value) ? 'array' : typeof value];
}

function oneOf(values: readonly unknown[], given: unknown): string {
  const names = values.map(String);
  const near = typeof given === 'string' ? nearestName(given, names) : undefined;
  // Whoever has only mistyped it does not need the whole list, which can be long.
  if (near) return `is none of the ${names.length} values there are; did you mean "${near}"?`;
  return `must be one of ${names.join(', ')}`;
}

function tooMuch(origin: string, maximum: number): string {
  if (origin === 'string') return `is longer than ${maximum} characters`;
  if (origin === 'array') return `holds more than ${maximum} entries`;
  return `is above ${maximum}`;
}

function tooLittle(origin: string, minimum: number): string {
  if (origin === 'string') {
    return minimum === 1 ? 'is empty' : `is shorter than ${minimum} characters`;
  }
  if (origin === 'array') {
    return minimum === 1 ? 'is empty: give at least one' : `holds less than ${minimum} entries`;
  }
  return `is below ${minimum}`;
}
