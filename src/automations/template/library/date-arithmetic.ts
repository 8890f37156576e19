import type { CallTools } from './callable.js';
import { TemplateFailure } from '../limits.js';
import type { TimeZone } from './time-zone.js';

const MAX_MODIFIER_LENGTH = 200;
const STEPS_OF_A_PART = 10;
const RELATIVE =
  /^([+-]?)\s*(\d{1,6})\s*(msec|millisecond|sec|second|min|minute|hour|day|week|fortnight|month|year)s?(\s+ago)?(?![a-z])/;
const NAMED =
  /^(next|last|previous|this)\s+(sec|second|min|minute|hour|day|week|month|year)(?![a-z])/;
const WEEKDAY =
  /^(?:(next|last|this)\s+)?(sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?(?![a-z])/;
const WORD = /^(now|today|midnight|noon|tomorrow|yesterday|(?:first|last) day of)(?![a-z])/;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Units that are a fixed time, in milliseconds. All others move what the clock on the wall shows. */
const FIXED: ReadonlyMap<string, number> = new Map([
  ['msec', 1],
  ['millisecond', 1],
  ['sec', 1_000],
  ['second', 1_000],
  ['min', 60_000],
  ['minute', 60_000],
  ['hour', 3_600_000],
]);
const DAYS_OF: ReadonlyMap<string, number> = new Map([
  ['day', 1],
  ['week', 7],
  ['fortnight', 14],
]);
const AMOUNTS: ReadonlyMap<string, number> = new Map([
  ['next', 1],
  ['last', -1],
  ['previous', -1],
  ['this', 0],
]);

/**
 * Moves a moment by '+1 day', 'tomorrow noon', 'first day of next month' and their like, as PHP does. Days and longer
 * units keep the time on the wall of the zone; hours and shorter ones are exact.
 */
export function movedBy(
  moment: number,
  modifier: string,
  { zone, tools }: { zone: TimeZone; tools: CallTools },
): number {
  let rest = modifier
    .slice(0, MAX_MODIFIER_LENGTH + 1)
    .trim()
    .toLowerCase();
  if (rest === '' || rest.length > MAX_MODIFIER_LENGTH) return refuse();
  const steps: Step[] = [];
  while (rest !== '') {
    tools.meter.step(STEPS_OF_A_PART);
    const [step, length] = nextStep(rest);
    steps.push(step);
    rest = rest.slice(length).trimStart();
  }
  return inOrder(steps).reduce((at, step) => apply(step, at, zone), moment);
}

interface Step {
  fixed?: number;
  wall?: (wall: Date) => void;
  /** The first or last day of whatever month the other steps move to. */
  ofMonth?: boolean;
}

/** From the 31st of January the next month is March, and the first day of next month the first of February. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  const ofMonth = steps.filter((step) => step.ofMonth);
  if (ofMonth.length === 0) return steps;
  return [FIRST_DAY, ...steps.filter((step) => !step.ofMonth), ...ofMonth];
}

function apply({ fixed = 0, wall: change }: Step, moment: number, zone: TimeZone): number {
  if (!change) return moment + fixed;
  const wall = new Date(zone.wallAt(moment));
  change(wall);
  return Number.isFinite(wall.getTime()) ? zone.momentOf(wall.getTime()) : refuse();
}

function nextStep(text: string): [Step, number] {
  const relative = RELATIVE.exec(text);
  if (relative) {
    const [all, sign, digits, unit = '', ago] = relative;
    const amount = Number(digits) * (sign === '-' ? -1 : 1) * (ago ? -1 : 1);
    return [moving(unit, amount), all.length];
  }
  const word = WORD.exec(text);
  if (word) return [wordStep(word[1] ?? ''), word[0].length];
  const named = NAMED.exec(text);
  if (named) return [moving(named[2] ?? '', AMOUNTS.get(named[1] ?? '') ?? 0), named[0].length];
  const weekday = WEEKDAY.exec(text);
  if (weekday) return [toWeekday(weekday[2] ?? '', weekday[1]), weekday[0].length];
  return refuse();
}

function moving(unit: string, amount: number): Step {
  const fixed = FIXED.get(unit);
  if (fixed !== undefined) return { fixed: fixed * amount };
  const days = DAYS_OF.get(unit);
  if (days !== undefined) {
    return { wall: (wall) => void wall.setUTCDate(wall.getUTCDate() + days * amount) };
  }
  const months = unit === 'year' ? 12 * amount : amount;
  return { wall: (wall) => void wall.setUTCMonth(wall.getUTCMonth() + months) };
}

const FIRST_DAY: Step = { wall: (wall) => void wall.setUTCDate(1), ofMonth: true };

function wordStep(word: string): Step {
  if (word === 'now') return { fixed: 0 };
  if (word === 'first day of') return FIRST_DAY;
  if (word === 'last day of') {
    return { wall: (wall) => void wall.setUTCMonth(wall.getUTCMonth() + 1, 0), ofMonth: true };
  }
  const days = word === 'tomorrow' ? 1 : word === 'yesterday' ? -1 : 0;
  return {
    wall: (wall) => {
      wall.setUTCDate(wall.getUTCDate() + days);
      wall.setUTCHours(word === 'noon' ? 12 : 0, 0, 0, 0);
    },
  };
}

/** The next such day at midnight, or today if it is one and neither `next` nor `last` is written. */
function toWeekday(name: string, which: string | undefined): Step {
  const wanted = DAYS.indexOf(name.slice(0, 3));
  return {
    wall: (wall) => {
      const ahead = (wanted - wall.getUTCDay() + 7) % 7;
      const skipped = which === 'next' && ahead === 0 ? 7 : 0;
      wall.setUTCDate(wall.getUTCDate() + (which === 'last' ? ahead - 7 : ahead + skipped));
      wall.setUTCHours(0, 0, 0, 0);
    },
  };
}

function refuse(): never {
  throw new TemplateFailure(
    'template_error',
    'date_modify needs something like "+1 day -2 hours" or "first day of next month".',
  );
}
