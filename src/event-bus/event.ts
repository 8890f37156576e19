import { createHash } from 'node:crypto';
import { type JsonObject, jsonTextOf, type JsonValue } from '../json.js';

/** What changed, field by field; null when nothing is known to have changed. */
export type Changes = Record<string, { old: JsonValue; new: JsonValue }>;

/** An immutable fact, as it was stored. */
export interface StoredEvent {
  id: string;
  workspaceId: string;
  type: string;
  /** The producer's own id for it, if it gave one. */
  sourceId: string | null;
  /** The record as it was when it happened. */
  data: JsonObject;
  changes: Changes | null;
  actor: JsonObject | null;
  /** ISO 8601. */
  occurredAt: string;
  /** ISO 8601: when it was accepted. */
  createdAt: string;
  /** Set on a test event: it concerns this webhook alone. */
  targetWebhookId: string | null;
}

/** What a producer says happened. */
export interface Publication {
  type: string;
  data: JsonObject;
  changes?: Changes | null;
  actor?: JsonObject | null;
  /** ISO 8601; the time of publishing when absent. */
  occurredAt?: string;
  /** The producer's own id: publishing it again within 24 h gives the same event. */
  id?: string;
}

/** What makes two publishes one event: the key, and a digest by which a key used twice for different things is seen. */
export interface Deduplication {
  key: string;
  /** Hex. */
  fingerprint: string;
}

/** An event on its way into the store. */
export interface NewEvent extends StoredEvent {
  deduplication: Deduplication | null;
}

/** What an event is given when it is accepted. */
export interface Accepted {
  id: string;
  /** ISO 8601. */
  createdAt: string;
  /** Makes it a test event of this webhook. */
  targetWebhookId?: string | null;
}

/** A publication as the event that it becomes. */
export function eventOf(workspaceId: string, said: Publication, accepted: Accepted): StoredEvent {
  const { id, createdAt, targetWebhookId = null } = accepted;
  return {
    id,
    workspaceId,
    type: said.type,
    sourceId: said.id ?? null,
    data: said.data,
    changes: said.changes ?? null,
    actor: said.actor ?? null,
    occurredAt: said.occurredAt ?? createdAt,
    createdAt,
    targetWebhookId,
  };
}

const texts = new WeakMap<StoredEvent, string>();

/** An event as JSON text; made once, and gone with the event. */
export function jsonOf(event: StoredEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  // The largest parts go into payloads as well: each is written down once.
  const { data, changes, ...rest } = event;
  const written = `"data":${jsonTextOf(data)},"changes":${jsonTextOf(changes)}`;
  const made = `{${written},${JSON.stringify(rest).slice(1)}`;
  texts.set(event, made);
  return made;
}

/** 128 bits of SHA-256 over what a producer said, in hex. */
export function fingerprintOf(said: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
}
