import { ANY_FIELD, type Field, fieldAt } from '../../context/field.js';
import { pathTo } from '../path-to.js';

/** What the check of a template knows of a value before there is one. */
export interface Reading {
  field: Field;
  /** Where it stands in the context: `data.members[].rank`. Undefined for what the template makes itself. */
  path?: string;
  /** How the template calls it: `m.rank`. Undefined where it has no name. */
  label?: string;
}

/** A value of which nothing is known. */
export const UNKNOWN: Reading = { field: ANY_FIELD };

/** One field or item of a value. Undefined for a key: it is computed, so it may be any. */
export function readingAt(from: Reading, key: string | number | undefined): Reading {
  if (key === undefined) return itemOf(from);
  const step = /^\d{1,9}$/.test(String(key)) ? Number(key) : key;
  if (typeof step === 'number' && from.field.type !== 'object') {
    return itemOf(from, from.label && pathTo(from.label, step));
  }
  const name = String(step);
  return {
    field: fieldAt(from.field, name) ?? ANY_FIELD,
    path: from.path && pathTo(from.path, name),
    label: from.label && pathTo(from.label, name),
  };
}

/** One item of a list, or one value of an object. */
export function itemOf({ field, path }: Reading, label?: string): Reading {
  const holdsItems = field.type === 'list' || field.type === 'object' || field.type === 'any';
  return {
    field: field.items ?? ANY_FIELD,
    path: path && holdsItems ? `${path}[]` : undefined,
    label,
  };
}

/** What a name is after something was assigned to it, perhaps: what it was, or anything else. */
export function perhaps(name: string, before: Reading | undefined): Reading {
  // A name of the context may still stand for what the context has.
  return { field: ANY_FIELD, path: before?.path === name ? name : undefined, label: name };
}
