import { distance } from 'fastest-levenshtein';

/** Longer texts are no typing mistake of a name, and the distance costs time in the square of the length. */
const MAX_NAME_LENGTH = 100;

/**
 * The known name that the writer most likely meant, or undefined when none is close: at most one
 * edit for each three characters, letter case ignored, and something of the name must be left. Two
 * neighbours swapped are one edit.
 *
 * @example nearestName('user.craeted', ['user.created', 'user.deleted']) // 'user.created'
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined;
  const wanted = name.toLowerCase();
  let best: Candidate | undefined;
  for (const candidate of known) {
    if (!isNearInLength(wanted.length, candidate.length)) continue;
    const next = rate(wanted, candidate);
    if (isPlausible(next) && (best === undefined || isCloser(next, best))) best = next;
  }
  return best?.name;
}

/** Whether so many edits could make one of the other at all: looking at two lengths is far cheaper than at two names. */
function isNearInLength(wanted: number, candidate: number): boolean {
  if (candidate > MAX_NAME_LENGTH) return false;
  return Math.abs(wanted - candidate) <= editsAllowed(Math.max(wanted, candidate));
}

/** For two names of which the longer one has so many characters. */
function editsAllowed(length: number): number {
  return Math.max(1, Math.floor(length / 3));
}

interface Candidate {
  name: string;
  edits: number;
  /** Length of the longer of the two names. */
  length: number;
  /** How many characters agree from the start: breaks ties, so that `=` gives `==` and not `>=`. */
  prefix: number;
}

function rate(wanted: string, name: string): Candidate {
  const lower = name.toLowerCase();
  return {
    name,
    edits: isSwapped(wanted, lower) ? 1 : distance(wanted, lower),
    length: Math.max(wanted.length, lower.length),
    prefix: commonPrefix(wanted, lower),
  };
}

/** Whether the two differ in nothing but the order of two neighbours: `rnak`, `rank`. */
export function isSwapped(a: string, b: string): boolean {
  const at = commonPrefix(a, b);
  const swapped = `${b[at + 1] ?? ''}${b[at] ?? ''}`;
  return a !== b && a === b.slice(0, at) + swapped + b.slice(at + 2);
}

function isPlausible({ edits, length }: Candidate): boolean {
  return edits < length && edits <= editsAllowed(length);
}

function isCloser(a: Candidate, b: Candidate): boolean {
  return a.edits < b.edits || (a.edits === b.edits && a.prefix > b.prefix);
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
