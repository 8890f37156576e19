import { firstIdAt, timeOfId } from '../database/index.js';
import { invalidInput } from '../errors.js';

/** Which events a job is about, by the time at which they were accepted. ISO 8601. */
export interface Period {
  /** Null: as far back as anything is kept. */
  since: string | null;
  /** Null: until the job was asked for. */
  until: string | null;
}

/** Ids of what was accepted in a period: at or above the one, below the other. */
export interface IdRange {
  from: string;
  before: string;
}

const DAY = 86_400_000;

/** What a job is about, whenever its pages are done: nothing that came after it was asked for. */
export function idsIn({ since, until }: Period, jobId: string): IdRange {
  const asked = timeOfId(jobId) + 1;
  return {
    from: firstIdAt(since === null ? 0 : Date.parse(since)),
    before: firstIdAt(until === null ? asked : Math.min(asked, Date.parse(until))),
  };
}

/** Refuses a period that begins before what is kept. @throws BugleError 422 `invalid_input` */
export function requireKept(
  since: string,
  { now, retentionDays }: { now: number; retentionDays: number },
): void {
  const oldest = now - retentionDays * DAY;
  if (Date.parse(since) >= oldest) return;
  const message = `is before what is kept: events are kept for ${retentionDays} ${retentionDays === 1 ? 'day' : 'days'} (BUGLE_RETENTION_DAYS), which is from ${new Date(oldest).toISOString()} on`;
  throw invalidInput([{ path: 'since', code: 'not_kept', message }]);
}
