import { ownValue } from '../../../own-value.js';
import { charge, eventValue } from '../current-evaluation.js';
import { parseTime } from './times.js';

/** The time that a value stands for, in milliseconds since 1970; without an offset it is the workspace's. */
export function timeOf(value: unknown): number | undefined {
  charge(1);
  return parseTime(value, workspaceZone());
}

/** IANA name of the time zone in which the workspace's people think. */
export function workspaceZone(): string {
  const zone = ownValue(eventValue('workspace'), 'timeZone');
  return typeof zone === 'string' ? zone : 'UTC';
}
