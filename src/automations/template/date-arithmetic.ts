import { TemplateFailure } from './limits.js';

const PART = /^\s*([+-]?)\s*(\d{1,6})\s*(sec|second|min|minute|hour|day|week|month|year)s?\s*/;

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ['sec', 1_000],
  ['second', 1_000],
  ['min', 60_000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
]);

/** Moves a date by '+1 day', '-2 hours' or '+1 year -3 days', in UTC. */
export function addToDate(date: Date, modifier: string): Date {
  let moved = date;
  let rest = modifier.slice(0, 200);
  do {
    const match = PART.exec(rest);
    if (!match) {
      throw new TemplateFailure(
        'template_error',
        'date_modify needs something like "+1 day -2 hours".',
      );
    }
    const [part, sign, amount, unit = ''] = match;
    moved = addUnits(moved, Number(`${sign}${amount}`), unit);
    rest = rest.slice(part.length);
  } while (rest !== '');
  return moved;
}

function addUnits(date: Date, amount: number, unit: string): Date {
  const fixed = MILLISECONDS.get(unit);
  if (fixed !== undefined) return new Date(date.getTime() + amount * fixed);
  const moved = new Date(date);
  const months = unit === 'year' ? amount * 12 : amount;
  moved.setUTCMonth(moved.getUTCMonth() + months);
  return moved;
}
