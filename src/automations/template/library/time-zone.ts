import { type CallTools, readText } from './callable.js';
import { dateFormatter } from './intl-formatters.js';
import type { TemplateValue } from '../values/json-value.js';
import { TemplateFailure } from '../limits.js';

const NAME = /^[A-Za-z][\w+\-/]{0,49}$/;
const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const DAY_MS = 86_400_000;

/** A time zone by its IANA name. Moments are milliseconds since 1970; a wall time is the same count of what a clock there shows. */
export class TimeZone {
  constructor(
    readonly name: string,
    private readonly tools: CallTools,
  ) {}

  /** How far the clocks are ahead of UTC at a moment, in milliseconds. */
  offsetAt(moment: number): number {
    if (this.name === 'UTC') return 0;
    const options = { timeZone: this.name, timeZoneName: 'longOffset' } as const;
    const written = dateFormatter('en-US', options, this.tools).format(moment);
    const [, sign, hours, minutes, seconds = '0'] = OFFSET.exec(written) ?? [];
    const offset = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds)) * 1000;
    return sign === '-' ? -offset : offset;
  }

  /** What the clocks show at a moment. */
  wallAt(moment: number): number {
    return moment + this.offsetAt(moment);
  }

  /**
   * The moment at which the clocks show this. A time that is skipped in spring is as late after the change; of one
   * that comes twice in autumn it is the first.
   */
  momentOf(wall: number): number {
    const [before, after] = [this.offsetAt(wall - DAY_MS), this.offsetAt(wall + DAY_MS)];
    const [first, second] = [wall - before, wall - after];
    if (before === after || this.offsetAt(first) === before) return first;
    return this.offsetAt(second) === after ? second : first;
  }
}

/** The zone that an argument names, or the workspace's own. */
export function timeZoneOf(value: TemplateValue | undefined, tools: CallTools): TimeZone {
  const written = value === null || value === undefined ? '' : readText(value, tools);
  const name = written === '' ? (tools.timeZone ?? 'UTC') : written;
  if (NAME.test(name)) return new TimeZone(name, tools);
  throw new TemplateFailure(
    'template_error',
    'There is no such time zone: use a name such as "Europe/Berlin".',
  );
}
