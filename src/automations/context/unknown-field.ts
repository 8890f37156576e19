import { distance } from 'fastest-levenshtein';
import { isSwapped, nearestName } from '../../nearest-name.js';
import { type Field, fieldAt, listedField } from './field.js';

/** A name is compared with so many others: more take time, and are no list that somebody wrote by hand. */
export const MAX_CANDIDATES = 200;
/** A shorter name is as often another name as a mistyped one. */
const SHORTEST_TYPO = 4;

/** Characters of all names together that one check looks for among others. */
const MAX_SEARCHED = 1500;

/** How often one check may still look for what was meant: each time, a name is compared with hundreds of others. */
export class Searches {
  #left = MAX_SEARCHED;

  /** Whether this name may be looked for, too; it is then. */
  take(name: string): boolean {
    this.#left -= name.length;
    return this.#left >= 0;
  }
}

/** What is known of a name that is not among an object's fields. */
export interface UnknownField {
  /** The field that was probably meant. */
  near?: string;
}

/**
 * Whether reading that name deserves a warning. Where fields may be there that are not listed, it does only if it
 * looks like a slip of the fingers in one that is. Without searches left nothing is near.
 */
export function unknownField(
  field: Field,
  name: string,
  searches: Searches,
): UnknownField | undefined {
  if (listedField(field, name) || field.type === 'any') return undefined;
  const isClosed = fieldAt(field, name) === undefined;
  const near =
    field.fields && searches.take(name) ? nearestField(Object.keys(field.fields), name) : undefined;
  if (isClosed) return near === undefined ? {} : { near };
  return near !== undefined && isSlip(name, near) ? { near } : undefined;
}

/** The one of some names that was probably meant. */
export function nearestField(names: readonly string[], name: string): string | undefined {
  return nearestName(name, names.slice(0, MAX_CANDIDATES));
}

/** `created_at` is near to `updated_at`, and `line1` to `line2`, but none is the other one mistyped. */
function isSlip(name: string, near: string): boolean {
  const length = Math.min(name.length, near.length);
  if (length < SHORTEST_TYPO || withoutDigits(name) === withoutDigits(near)) return false;
  const edits = distance(name.toLowerCase(), near.toLowerCase());
  return isSwapped(name, near) || edits <= Math.max(1, Math.floor(length / 5));
}

function withoutDigits(name: string): string {
  return name.replaceAll(/\d+/g, '');
}
