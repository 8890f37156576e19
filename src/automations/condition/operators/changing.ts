import { ownValue } from '../../../own-value.js';
import { chargeFields, chargeText, eventValue } from '../current-evaluation.js';
import { equal } from './equal.js';
import { readPath } from '../read-path.js';
import { MANY, type Operators, takes } from './operator.js';

/**
 * What the event changed. They look at the event and not at the item of a loop. A field is named by its path within
 * `data`; the producer may have recorded its change under that path, under a part before it (`unit` for `unit.name`)
 * or under fields below it.
 */
export const CHANGING: Operators = {
  changed: {
    ...takes(0, MANY),
    arguments: 'field, …',
    fields: 'all',
    help: 'Whether one of these fields changed; without a field, whether anything did.',
    example: { changed: 'rank' },
    run: (fields) => (fields.length === 0 ? [''] : fields).some(hasChanged),
  },
  changed_to: {
    ...takes(2),
    arguments: 'field, value',
    fields: 'first',
    help: 'Whether the field changed and is this value now.',
    example: { changed_to: ['rank', 'Captain'] },
    run: ([field, value]) => hasChanged(field) && equal(valueNow(field), value),
  },
  changed_from: {
    ...takes(2),
    arguments: 'field, value',
    fields: 'first',
    help: 'Whether the field changed and was this value before.',
    example: { changed_from: ['rank', 'Lieutenant'] },
    run: ([field, value]) => hasChanged(field) && equal(valueBefore(field), value),
  },
  was: {
    ...takes(1),
    arguments: 'field',
    fields: 'first',
    help: 'The value of a field before the event; null when no changes are known.',
    example: { '==': [{ was: 'rank' }, 'Lieutenant'] },
    run: ([field]) => valueBefore(field),
  },
};

/** A change as it was recorded for a field. */
interface FieldChange {
  before: unknown;
  now: unknown;
}

function hasChanged(field: unknown): boolean {
  const path = pathOf(field);
  const own = changeAt(path);
  if (own && !equal(own.before, own.now)) return true;
  return hasChangedBelow(path);
}

function valueNow(field: unknown): unknown {
  const path = pathOf(field);
  const own = changeAt(path);
  return own ? own.now : readPath(eventValue('data'), path);
}

function valueBefore(field: unknown): unknown {
  const path = pathOf(field);
  const own = changeAt(path);
  return own ? own.before : readPath(eventValue('previous'), path);
}

function pathOf(field: unknown): string {
  return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
}

/** The change of this field, or of the nearest field that holds it. */
function changeAt(path: string): FieldChange | undefined {
  const changes = eventValue('changes');
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    chargeText(end);
    const change = ownValue(changes, path.slice(0, end));
    if (change !== undefined) return changeOf(change, path.slice(end + 1));
  }
  return undefined;
}

/** Whether a field that this one holds changed; any field for an empty path. */
function hasChangedBelow(path: string): boolean {
  const changes = eventValue('changes');
  if (typeof changes !== 'object' || changes === null) return false;
  const names = Object.keys(changes);
  chargeFields(names.length);
  const prefix = path === '' ? '' : `${path}.`;
  return names.some((name) => name.startsWith(prefix) && differs(ownValue(changes, name)));
}

function differs(change: unknown): boolean {
  const { before, now } = changeOf(change, '');
  return !equal(before, now);
}

/** Absent counts as null: a field that was added was null before. */
function changeOf(change: unknown, rest: string): FieldChange {
  return {
    before: readPath(ownValue(change, 'old') ?? null, rest),
    now: readPath(ownValue(change, 'new') ?? null, rest),
  };
}
