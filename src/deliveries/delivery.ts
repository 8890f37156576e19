import type { Fault } from '../errors.js';

/**
 * The states of a delivery that are stored. `sending` is shown while a worker holds it, and is no state of its own: it
 * ends with the worker's lease, whatever happens to the worker.
 */
export const STORED_STATUSES = [
  'pending',
  'retrying',
  'delivered',
  'exhausted',
  'failed',
  'cancelled',
] as const;
export type StoredStatus = (typeof STORED_STATUSES)[number];

/** The states of a delivery as the log shows them (docs/architecture.md has the diagram). */
export const STATUSES = ['sending', ...STORED_STATUSES] as const;
export type Status = (typeof STATUSES)[number];

/** What set an attempt off: the plan, or a person. */
export type Trigger = 'automatic' | 'manual';

/** The exact bytes of a body, and what they are called on the wire. */
export interface Rendered {
  body: string;
  contentType: string;
}

/** One event for one rule, rendered (or not: then `fault` says why). */
export interface NewDelivery {
  /** Derived from event and rule, so that making it twice makes it once. */
  id: string;
  workspaceId: string;
  eventId: string;
  eventType: string;
  /** Null for a plain webhook. */
  automationId: string | null;
  webhookId: string;
  /** Of the rule that made it. */
  revision: number;
  rendered: Rendered | { fault: Fault };
  /** Null unless its webhook wants its deliveries in order. */
  order: Order | null;
}

/** Whose turn it is: a delivery waits for all others of its webhook with the same key that come before it. */
export interface Order {
  key: string;
  /** The event's id: events are in the order in which they were accepted. */
  by: string;
}

/** A delivery that this worker holds and has to send now. */
export interface ClaimedDelivery {
  id: string;
  workspaceId: string;
  eventId: string;
  webhookId: string;
  webhookRevision: number;
  /** The number of the attempt to make, from 1. */
  attempt: number;
  /** Its place in the retry schedule, from 1: a delivery that was recovered begins the schedule anew. */
  scheduleAttempt: number;
  trigger: Trigger;
  /** Null when its place among others does not matter. */
  orderKey: string | null;
  /** Null when it is too large to be held: it is read when its turn comes. */
  body: string | null;
  contentType: string;
}

/** Whether more may go to a webhook after an attempt has been settled: `closed` when it is held or disabled now. */
export type Verdict = 'open' | 'closed';

/** Bytes of a body that may be held while it waits for its turn. */
export const MAX_HELD_BODY_BYTES = 16 * 1024;

/** How an attempt ended and what follows for its delivery. */
export interface Settlement {
  deliveryId: string;
  workspaceId: string;
  webhookId: string;
  /** Of the webhook, as it was called. */
  webhookRevision: number;
  number: number;
  trigger: Trigger;
  outcome: 'delivered' | 'rejected' | 'unreachable';
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  requestMethod: string;
  requestUrl: string;
  /** Secret values masked. */
  requestHeaders: Record<string, string>;
  statusCode: number | null;
  responseHeaders: Record<string, string> | null;
  responseBody: string | null;
  error: { code: string; message: string } | null;
  status: Exclude<StoredStatus, 'pending' | 'cancelled'>;
  /** Until the next attempt, in milliseconds, with `retrying` only: the database counts them by its own clock. */
  waitMs: number | null;
  /** What it says of its webhook; null when that is not why it failed. */
  countsAs: 'success' | 'failure' | null;
  /** For how long the receiver asks to be left alone by all of the webhook's deliveries, in milliseconds. */
  throttleMs: number | null;
  /** Whether the end of this worker cut it off: it takes nothing of the schedule. */
  isCutOff: boolean;
}
