import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonValue } from '../../json.js';
import { ownValue } from '../../own-value.js';
import type { AutomationSettings } from '../automation.js';
import { lineDiff } from './line-diff.js';

/** One field that differs between two revisions. */
export interface FieldChange {
  field: string;
  /** Null also where there was no automation: after its deletion. */
  from: JsonValue;
  to: JsonValue;
  /** With `condition`: the places that differ, such as `condition.and[0].==[1]`. */
  places?: PlaceChange[];
  /** With `template`: the lines that differ, in unified form. */
  lines?: string;
}

/** A part of a condition that differs; `from` is missing where it was added, `to` where it was removed. */
export interface PlaceChange {
  path: string;
  from?: JsonValue;
  to?: JsonValue;
}

/** More places than this are not a difference but another condition. */
const MAX_PLACES = 100;

/** What differs between two revisions, field by field; null is the revision that deleted the automation. */
export function revisionChanges(
  before: AutomationSettings | null,
  after: AutomationSettings | null,
): FieldChange[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    const [from, to] = [was.get(field) ?? null, is.get(field) ?? null];
    return isDeepStrictEqual(from, to) ? [] : { field, from, to, ...detailsOf(field, from, to) };
  });
}

function fieldsOf(settings: AutomationSettings | null): Map<string, JsonValue> {
  return new Map(Object.entries(settings ?? {}));
}

function detailsOf(
  field: string,
  from: JsonValue,
  to: JsonValue,
): Pick<FieldChange, 'places' | 'lines'> {
  if (field === 'condition') return { places: placeChanges(field, from, to) };
  if (field === 'template') return { lines: lineDiff(textOf(from), textOf(to)) };
  return {};
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : '';
}

/** The outermost places at which two values differ, 100 at most. */
export function placeChanges(path: string, from: JsonValue, to: JsonValue): PlaceChange[] {
  const changes: PlaceChange[] = [];
  const open: PlaceChange[] = [{ path, from, to }];
  for (let place = open.pop(); place && changes.length < MAX_PLACES; place = open.pop()) {
    if (isDeepStrictEqual(place.from, place.to)) continue;
    const inner = innerPlaces(place);
    if (inner) open.push(...inner.toReversed());
    else changes.push(place);
  }
  return changes;
}

/** What lies below a place, where it is the same kind of thing in both: two lists, or the same operator. */
function innerPlaces({ path, from, to }: PlaceChange): PlaceChange[] | undefined {
  if (Array.isArray(from) && Array.isArray(to)) {
    const longer = from.length > to.length ? from : to;
    return longer.map((_, index) => placeOf(`${path}[${index}]`, from[index], to[index]));
  }
  if (!isJsonObject(from) || !isJsonObject(to)) return undefined;
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  // Another operator is another condition: its arguments are not compared.
  if (!keys.some((key) => Object.hasOwn(from, key) && Object.hasOwn(to, key))) return undefined;
  return keys.map((key) => placeOf(`${path}.${key}`, ownValue(from, key), ownValue(to, key)));
}

/** Undefined is left out: JSON has no such value. */
function placeOf(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
): PlaceChange {
  return { path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
