/** What is here of one webhook. */
export interface Lane<Held> {
  workspaceId: string;
  ready: Held[];
  sending: number;
  /** Ready, under way, or waiting to be settled. */
  held: number;
  /** How many more are held ready for each request that may be under way. */
  readyPerRequest: number;
  /** Requests in a row that did not go well. */
  failures: number;
}

/** What goes within this time is held ready: a quick receiver never waits for the next claim, at a slow one it would only sit under a lease. */
const READY_MS = 250;
/** For each request to one webhook, at most so many more are held ready. */
const MOST_READY = 15;

/** With nothing in it. */
export function newLane<Held>(workspaceId: string): Lane<Held> {
  return { workspaceId, ready: [], sending: 0, held: 0, readyPerRequest: 0, failures: 0 };
}

/** How many to hold ready for each request that may be under way, when one took so many milliseconds. */
export function readyPerRequest(durationMs: number): number {
  return Math.min(MOST_READY, Math.floor(READY_MS / Math.max(1, durationMs)));
}
