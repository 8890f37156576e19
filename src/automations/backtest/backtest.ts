import type { Fault } from '../../errors.js';
import type { StoredEvent } from '../../event-bus/index.js';
import { lineDiff } from '../revisions/line-diff.js';

/** What the rule makes of an event now. */
export type Tried =
  | { kind: 'not_matched' }
  | { kind: 'rendered'; body: string; contentType: string }
  | { kind: 'failed'; fault: Fault };

/** What the stored rule made of an event when it happened. */
export interface Sent {
  deliveryId: string;
  /** Null when it could not be rendered. */
  body: string | null;
  contentType: string;
}

/** One event of a backtest. */
interface TriedEvent {
  event: Pick<StoredEvent, 'id' | 'type' | 'occurredAt' | 'createdAt'>;
  tried: Tried;
  /** Undefined when nothing was made of it. */
  sent: Sent | undefined;
}

/** An event that the rule would fire for. */
interface BacktestMatch {
  eventId: string;
  type: string;
  occurredAt: string;
  /** What `now` was for the rule: when the event was accepted, and dispatched right after. ISO 8601. */
  now: string;
  outcome: 'rendered' | 'failed';
  fault?: Fault;
  /** Of the first few; the preview gives any other, when it is told what `now` was. */
  body?: string;
}

/** An event for which the rule would do something else than was done. */
interface Difference {
  eventId: string;
  /** Null where nothing was made. */
  deliveryId: string | null;
  /** Of a changed body: in unified form, JSON one value a line. Missing when it is too long, or one of both failed. */
  lines?: string;
}

/** Differences of one kind. */
interface Differences {
  count: number;
  /** The first hundred. */
  events: Difference[];
}

/** What differs from what was really sent. */
interface Comparison {
  newlyMatched: Differences;
  noLongerMatched: Differences;
  changedBody: Differences;
}

/** How far a backtest has come. */
export interface BacktestProgress {
  /** Events looked at. */
  scanned: number;
  /** Those among them that the rule was tried on. */
  tried: number;
  /** Those among them that it would fire for. */
  matched: number;
}

/** What a backtest has found. */
export interface BacktestFindings extends BacktestProgress {
  /** Matches that cannot be rendered. */
  failed: number;
  /** The first hundred, newest first. */
  matches: BacktestMatch[];
  /** Null for a rule that is not stored: nothing was ever sent for it. */
  comparison: Comparison | null;
}

const MAX_LISTED = 100;
/** Bodies that are shown, and their length in all. */
const MAX_BODIES = 20;
const MAX_BODY_CHARACTERS = 1024 * 1024;
/** Longer bodies are not compared line by line, nor more than so much in all. */
const MAX_COMPARED_CHARACTERS = 64 * 1024;
const MAX_LINES_CHARACTERS = 512 * 1024;

/** Counts and keeps what a backtest finds, within bounds however many events there are. */
export class BacktestTally {
  readonly #matches: BacktestMatch[] = [];
  readonly #comparison: Comparison | null;
  #scanned = 0;
  #tried = 0;
  #matched = 0;
  #failed = 0;
  #bodies = 0;
  #bodyCharacters = 0;
  #lineCharacters = 0;

  constructor({ isCompared }: { isCompared: boolean }) {
    this.#comparison = isCompared
      ? { newlyMatched: none(), noLongerMatched: none(), changedBody: none() }
      : null;
  }

  get progress(): BacktestProgress {
    return { scanned: this.#scanned, tried: this.#tried, matched: this.#matched };
  }

  get findings(): BacktestFindings {
    return {
      ...this.progress,
      failed: this.#failed,
      matches: this.#matches,
      comparison: this.#comparison,
    };
  }

  /** So many events were looked at up to now, whether the rule was tried on them or not. */
  scannedTo(events: number): void {
    this.#scanned = events;
  }

  add(one: TriedEvent): void {
    this.#tried++;
    if (one.tried.kind !== 'not_matched') this.#match(one, one.tried);
    if (this.#comparison) this.#compare(one, this.#comparison);
  }

  #match(
    { event: { id: eventId, type, occurredAt, createdAt: now } }: TriedEvent,
    tried: Exclude<Tried, { kind: 'not_matched' }>,
  ): void {
    this.#matched++;
    if (tried.kind === 'failed') this.#failed++;
    if (this.#matches.length >= MAX_LISTED) return;
    const match: BacktestMatch = { eventId, type, occurredAt, now, outcome: tried.kind };
    if (tried.kind === 'failed') match.fault = tried.fault;
    else if (this.#hasRoomFor(tried.body)) match.body = tried.body;
    this.#matches.push(match);
  }

  #hasRoomFor(body: string): boolean {
    if (this.#bodies >= MAX_BODIES) return false;
    if (this.#bodyCharacters + body.length > MAX_BODY_CHARACTERS) return false;
    this.#bodies++;
    this.#bodyCharacters += body.length;
    return true;
  }

  #compare(
    { event: { id: eventId }, tried, sent }: TriedEvent,
    { newlyMatched, noLongerMatched, changedBody }: Comparison,
  ): void {
    const deliveryId = sent?.deliveryId ?? null;
    const matches = tried.kind !== 'not_matched';
    if (matches && !sent) note(newlyMatched, () => ({ eventId, deliveryId }));
    if (!matches && sent) note(noLongerMatched, () => ({ eventId, deliveryId }));
    if (!matches || !sent || isSame(tried, sent)) return;
    note(changedBody, () => ({ eventId, deliveryId, ...this.#linesOf(tried, sent) }));
  }

  #linesOf(tried: Tried, { body }: Sent): { lines?: string } {
    if (body === null || tried.kind !== 'rendered') return {};
    if (body.length + tried.body.length > MAX_COMPARED_CHARACTERS) return {};
    const lines = lineDiff(spread(body), spread(tried.body));
    this.#lineCharacters += lines.length;
    return this.#lineCharacters > MAX_LINES_CHARACTERS ? {} : { lines };
  }
}

const none = (): Differences => ({ count: 0, events: [] });

function note(differences: Differences, make: () => Difference): void {
  differences.count++;
  if (differences.events.length < MAX_LISTED) differences.events.push(make());
}

/** Two failures are the same: nothing was sent, nothing would be. */
function isSame(tried: Tried, sent: Sent): boolean {
  if (tried.kind !== 'rendered') return sent.body === null;
  return tried.body === sent.body && tried.contentType === sent.contentType;
}

/** JSON with one value a line, so that a change shows as the line it is in; any other text as it is. */
function spread(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
