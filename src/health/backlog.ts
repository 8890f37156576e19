/** What waits in the database, for all processes together. Counts end at COUNTED; oldest ones are in seconds. */
export interface Backlog {
  /** When it was read, in milliseconds since 1970. */
  now: number;
  /** False of a standby, and of a server that was told to take no writes. */
  isWritable: boolean;
  outbox: number;
  /** Null when the outbox is empty. */
  oldestEvent: string | null;
  queued: number;
  leased: number;
  dueReady: number;
  dueHeld: number;
  dueDisabled: number;
  oldestReady: number;
  oldestHeld: number;
  oldestDisabled: number;
  webhooksFailing: number;
  webhooksThrottled: number;
  webhooksProbing: number;
  jobs: number;
  days: { all: number; over: number };
}

/** What is beyond this is not counted: to ask must not cost more than the work itself. */
export const COUNTED = 10_000;
