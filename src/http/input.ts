import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.js';
import { nearestName } from '../nearest-name.js';
import { MAX_FAULTS } from '../errors.js';
import { pageFields } from './pagination.js';

/** A request body or query: fields that are not in the shape are refused, with the nearest name that is. */
export function input<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, MAX_FAULTS)
            .map((key) => unknownField(key, known))
            .join('\n')
        : undefined,
  });
}

/** The sentence for a field that does not exist. */
export function unknownField(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  const shown = JSON.stringify(name.slice(0, 80));
  return `there is no field ${shown} here${near ? `; did you mean "${near}"?` : ''}`;
}

/** Any JSON value. Bodies come from JSON.parse and were walked before (json-text.ts): nothing is left to check. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse gave is JSON
export const jsonValue = z.unknown() as z.ZodType<JsonValue>;

/** Any JSON object. */
export const jsonObject = z.object({}).catchall(jsonValue) as z.ZodType<JsonObject>;

/** The id of a row, as Bugle hands it out. */
export const idField = (what: string) =>
  z
    .uuid({ error: `expected the id of ${what}: a UUID` })
    .toLowerCase()
    .meta({ description: `Id of ${what}.`, example: '019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11' });

/**
 * A point in time in ISO 8601 with an offset, in the years 1 to 9999; handed on in UTC, since PostgreSQL takes fewer
 * offsets than the standard.
 */
export const timeField = z.iso
  .datetime({
    offset: true,
    abort: true,
    error: 'expected a time in ISO 8601 with a zone: 2026-11-21T20:00:00Z',
  })
  .max(40, { abort: true })
  .refine((text) => isWithinYears(new Date(text).getUTCFullYear()), {
    abort: true,
    error: 'expected a time in the years 0001 to 9999',
  })
  .overwrite((text) => new Date(text).toISOString());

function isWithinYears(year: number): boolean {
  return year >= 1 && year <= 9999;
}

/** Query of a list that has no filters. */
export const pageQuery = input(pageFields);
