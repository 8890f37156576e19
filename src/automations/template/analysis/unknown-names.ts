import { shownName } from '../../shown-name.js';
import type { Field } from '../../context/field.js';
import { MAX_CANDIDATES, nearestField, type UnknownField } from '../../context/unknown-field.js';
import { pathTo } from '../path-to.js';
import type { KnownNames } from './known-names.js';
import type { Reading } from './readings.js';

const SCALARS: ReadonlyMap<Field['type'], string> = new Map([
  ['text', 'a text'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
  ['time', 'a time'],
]);

/** For people: a value has no such field, and what was probably meant. */
export function noField({ field, label }: Reading, key: string, { near }: UnknownField): string {
  const holder = label ?? 'this value';
  const scalar = SCALARS.get(field.type);
  if (scalar) return `There is no "${shownName(key)}" in ${holder}: it is ${scalar}.`;
  if (field.type === 'list') {
    const first = label ? `, or take one: ${pathTo(label, 0)}` : '';
    return `There is no "${shownName(key)}" in ${holder}: it is a list. Loop over its items${first}.`;
  }
  const hint = near === undefined ? '' : ` Did you mean "${label ? pathTo(label, near) : near}"?`;
  return `There is no "${shownName(key)}" in ${holder}.${hint}`;
}

/** For people: there is no such variable at a place of a template, and what was probably meant. */
export function noVariable(name: string, names: KnownNames): string {
  const said = shownName(name);
  if (names.hides(name)) return `"${said}" cannot be seen here: hand it over as an argument.`;
  const meant = names.inData(name) ?? nearestField(names.some(MAX_CANDIDATES), name);
  return `There is no variable "${said}" here.${meant ? ` Did you mean "${meant}"?` : ''}`;
}
