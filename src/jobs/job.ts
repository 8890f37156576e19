import type { JsonObject } from '../json.js';

/** The states of a job. All but `running` are its end. */
export const JOB_STATUSES = ['running', 'done', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What a job has counted up to now, each under a name of its kind. */
export type Counts = Readonly<Record<string, number>>;

/** Work for an admin that takes longer than a request. */
export interface Job {
  id: string;
  workspaceId: string;
  /** What it does: the name of its runner. */
  kind: string;
  /** What was asked for. */
  input: JsonObject;
  status: JobStatus;
  progress: Counts;
  /** Why it failed. */
  error: JobError | null;
  /** Id of the API key. */
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
}

/** Why a job failed, for programs and for people. */
export interface JobError {
  code: string;
  message: string;
}

/** A job whose next page is to be done. */
export interface RunningJob<Input> {
  id: string;
  workspaceId: string;
  input: Input;
  /** Where the page before ended; null at the beginning. */
  cursor: string | null;
  progress: Counts;
}

/** How a page ended. */
export interface PageEnd {
  cursor: string | null;
  /** Of this page: added to the job's. */
  counts: Counts;
  isLast: boolean;
}

/** The counts so far with those of one more page. */
export function addCounts(counts: Counts, more: Counts): Counts {
  const sum: Record<string, number> = { ...counts };
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
