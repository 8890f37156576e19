import { isTimeZone, momentOnWall, offsetAt } from '../../../time-zones.js';
import { TemplateFailure } from '../limits.js';
import type { TemplateValue } from '../values/template-value.js';
import { type CallTools, readText } from './callable.js';

/** A time zone by its IANA name. Moments are milliseconds since 1970; a wall time is the same count of what a clock there shows. */
export class TimeZone {
  constructor(
    readonly name: string,
    private readonly tools: CallTools,
  ) {}

  /** How far the clocks are ahead of UTC at a moment, in milliseconds. */
  offsetAt(moment: number): number {
    if (this.name !== 'UTC') this.tools.meter.formatter(`zone ${this.name}`);
    return offsetAt(moment, this.name) ?? 0;
  }

  /** What the clocks show at a moment. */
  wallAt(moment: number): number {
    return moment + this.offsetAt(moment);
  }

  /** The moment at which the clocks show this. */
  momentOf(wall: number): number {
    return momentOnWall(wall, (moment) => this.offsetAt(moment));
  }
}

/** The zone that an argument names, or the workspace's own. @throws TemplateFailure when there is no such zone. */
export function timeZoneOf(value: TemplateValue | undefined, tools: CallTools): TimeZone {
  const written = value === null || value === undefined ? '' : readText(value, tools);
  const name = written === '' ? (tools.timeZone ?? 'UTC') : written;
  if (name !== 'UTC') tools.meter.formatter(`zone ${name}`);
  if (isTimeZone(name)) return new TimeZone(name, tools);
  throw new TemplateFailure(
    'template_error',
    'There is no such time zone: use a name such as "Europe/Berlin".',
  );
}
