import { eventValue } from '../current-evaluation.js';
import { DATE_PARTS } from './date-parts.js';
import { timeOf, workspaceZone } from './event-time.js';
import { TIME_HINT } from '../../time/iso-time.js';
import { isTimeZone, timeZoneNames } from '../../../time-zones.js';
import { parseDuration, parseTime, wallAt } from './times.js';
import { nearestName } from '../../../nearest-name.js';
import { type ConstantCheck, type Operators, shownConstant, takes } from './operator.js';

const occurredAt = { var: 'event.occurredAt' };

/** What is no time is neither before nor after anything, and has no parts. */
export const TIMING: Operators = {
  before: {
    ...takes(2),
    arguments: 'time, time',
    help: 'Whether the first time is earlier.',
    example: { before: [occurredAt, '2026-02-01'] },
    constants: [checkTime, checkTime],
    run: ([a, b]) => compare(a, b, (first, second) => first < second),
  },
  after: {
    ...takes(2),
    arguments: 'time, time',
    help: 'Whether the first time is later.',
    example: { after: [occurredAt, '2026-01-01'] },
    constants: [checkTime, checkTime],
    run: ([a, b]) => compare(a, b, (first, second) => first > second),
  },
  within_last: {
    ...takes(2),
    arguments: 'time, duration',
    help: 'Whether the time lies in the past, at most a duration such as "90d" ago.',
    example: { within_last: [{ var: 'data.joined' }, '90d'] },
    constants: [checkTime, checkDuration],
    run: ([time, duration]) => {
      const [age, limit] = [ageOf(time), parseDuration(duration)];
      return age !== undefined && limit !== undefined && age >= 0 && age <= limit;
    },
  },
  older_than: {
    ...takes(2),
    arguments: 'time, duration',
    help: 'Whether the time is longer ago than a duration such as "15m".',
    example: { older_than: [{ var: 'data.joined' }, '2w'] },
    constants: [checkTime, checkDuration],
    run: ([time, duration]) => {
      const [age, limit] = [ageOf(time), parseDuration(duration)];
      return age !== undefined && limit !== undefined && age > limit;
    },
  },
  date_part: {
    ...takes(2, 3),
    arguments: 'time, part, zone?',
    help: "A part of a time (weekday, hour, …) in a time zone, the workspace's if none is given.",
    example: { '==': [{ date_part: [{ var: 'now' }, 'weekday'] }, 6] },
    constants: [checkTime, checkPart, checkZone],
    run: ([time, part, zone]) => datePart(time, part, zone),
  },
};

function compare(a: unknown, b: unknown, test: (a: number, b: number) => boolean): boolean {
  const [first, second] = [timeOf(a), timeOf(b)];
  return first !== undefined && second !== undefined && test(first, second);
}

/** Milliseconds from a time until the event is looked at. */
function ageOf(time: unknown): number | undefined {
  const [then, now] = [timeOf(time), timeOf(eventValue('now'))];
  return then === undefined || now === undefined ? undefined : now - then;
}

function datePart(time: unknown, part: unknown, given: unknown): number | string | null {
  const zone = given ?? workspaceZone();
  const [moment, read] = [timeOf(time), typeof part === 'string' && DATE_PARTS.get(part)];
  if (moment === undefined || !read || typeof zone !== 'string') return null;
  const wall = wallAt(moment, zone);
  return wall === undefined ? null : read(new Date(wall));
}

function checkTime(value: unknown): ReturnType<ConstantCheck> {
  if (parseTime(value, 'UTC') !== undefined) return undefined;
  return { code: 'bad_time', message: `${shownConstant(value)} is not a time. ${TIME_HINT}` };
}

function checkDuration(value: unknown): ReturnType<ConstantCheck> {
  if (parseDuration(value) !== undefined) return undefined;
  const hint = 'Write a whole number and a unit: "30s", "15m", "12h", "90d" or "2w".';
  return { code: 'bad_duration', message: `${shownConstant(value)} is not a duration. ${hint}` };
}

function checkPart(value: unknown): ReturnType<ConstantCheck> {
  if (typeof value === 'string' && DATE_PARTS.has(value)) return undefined;
  const names = [...DATE_PARTS.keys()];
  const near = typeof value === 'string' ? nearestName(value, names) : undefined;
  const hint = near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${near}"?`;
  return {
    code: 'unknown_date_part',
    message: `A time has no part ${shownConstant(value)}. ${hint}`,
  };
}

function checkZone(value: unknown): ReturnType<ConstantCheck> {
  if (typeof value === 'string' && isTimeZone(value)) return undefined;
  const near = typeof value === 'string' ? nearestName(value, timeZoneNames()) : undefined;
  const hint =
    near === undefined ? 'Use a name such as "Europe/Berlin".' : `Did you mean "${near}"?`;
  return {
    code: 'unknown_time_zone',
    message: `There is no time zone ${shownConstant(value)}. ${hint}`,
  };
}
