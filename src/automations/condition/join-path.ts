import { shownName } from '../shown-name.js';

/** The place of an operator in faults and traces, such as `and[0].==`; a long name is cut. */
export function joinPath(place: string, name: string): string {
  const key = shownName(name);
  return place === '' ? key : `${place}.${key}`;
}
