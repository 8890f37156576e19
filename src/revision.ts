import { BugleError } from './errors.js';

/** @throws BugleError 412 `revision_conflict` when somebody else has edited the row in between. */
export function requireRevision(expected: number | undefined, actual: number): void {
  if (expected === undefined || expected === actual) return;
  throw new BugleError(
    412,
    'revision_conflict',
    `You edited revision ${expected}, but it is at revision ${actual} now. Read it again and repeat your edit.`,
  );
}
