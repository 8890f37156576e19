import { Injectable } from '@nestjs/common';
import { derivedId, firstIdAt, Turns } from '../../database/index.js';
import { DeliveryLogRepository } from '../../deliveries/index.js';
import { type EventHeader, EventRepository, type StoredEvent } from '../../event-bus/index.js';
import type { BacktestProgress, BacktestTally, Sent } from './backtest.js';
import type { ContextWorkspace } from '../context/context.js';
import { deliveryIdOf } from '../draft-rule.service.js';
import { EvaluationService, type Outcome } from '../evaluation/index.js';
import { isConcerned, type Rule } from '../rules/rule.js';

/** Which events to try a rule on. */
export interface Selection {
  since: Date;
  until: Date;
  /** Events that the rule is tried on, at most. */
  limit: number;
  eventTypes?: readonly string[];
}

/** The rule to be tried. */
export interface Subject {
  rule: Rule;
  /** Of the automation whose deliveries are compared. */
  automationId: string | undefined;
  workspace: ContextWorkspace;
}

/** How far it has come. */
export type ProgressStep = { kind: 'progress' } & BacktestProgress;

/** An event on which the rule is tried, and how many were looked at up to it. */
interface Candidate {
  event: EventHeader;
  position: number;
}

const MAX_MS = 60_000;
/** Events that are looked at by one query. */
const HEADERS = 1_000;
/** Events that are read and tried together: they may be large. */
const SLICE = 20;
/** Comparing bodies line by line takes time: requests get a turn of the event loop after this long. */
const MAX_TURN_MS = 5;

/** Goes back through the stored events, newest first, and tries a rule on those that concern it. */
@Injectable()
export class BacktestScanService {
  constructor(
    private readonly events: EventRepository,
    private readonly log: DeliveryLogRepository,
    private readonly evaluations: EvaluationService,
  ) {}

  /** Fills the tally, and pauses after each few events. Answers whether it came to the end of them. */
  async *scan(
    subject: Subject,
    { since, until, limit, eventTypes }: Selection,
    tally: BacktestTally,
  ): AsyncGenerator<ProgressStep, boolean> {
    const deadline = performance.now() + MAX_MS;
    let before = firstIdAt(until.getTime());
    for (let scanned = 0; ;) {
      const page = { since, before, limit: HEADERS };
      const headers = await this.events.headers(subject.workspace.id, page);
      for (const slice of slicesOf(await this.candidates(subject, headers, eventTypes))) {
        const room = limit - tally.progress.tried;
        const last = slice.slice(0, room).at(-1);
        if (!last || performance.now() > deadline) return false;
        await this.tryEach(subject, slice.slice(0, room), tally);
        tally.scannedTo(scanned + last.position);
        yield { kind: 'progress', ...tally.progress };
        if (slice.length > room) return false;
      }
      scanned += headers.length;
      tally.scannedTo(scanned);
      yield { kind: 'progress', ...tally.progress };
      before = headers.at(-1)?.id ?? before;
      if (headers.length < HEADERS) return true;
      if (performance.now() > deadline) return false;
    }
  }

  /** Events that concern the rule, and those of which the stored one has made something. */
  private async candidates(
    { rule, automationId, workspace }: Subject,
    headers: readonly EventHeader[],
    eventTypes: readonly string[] | undefined,
  ): Promise<Candidate[]> {
    const types = eventTypes && new Set(eventTypes);
    const candidates = headers
      .map((event, index) => ({ event, position: index + 1 }))
      .filter(({ event }) => !types || types.has(event.type));
    if (!automationId) return candidates.filter(({ event }) => isConcerned(rule, event));
    const ids = candidates.map(({ event }) => derivedId(event.id, automationId));
    const existing = await this.log.existing(workspace.id, ids);
    return candidates.filter(
      ({ event }, index) => existing.has(ids[index] ?? '') || isConcerned(rule, event),
    );
  }

  private async tryEach(
    subject: Subject,
    candidates: readonly Candidate[],
    tally: BacktestTally,
  ): Promise<void> {
    const { rule, workspace } = subject;
    const ids = candidates.map(({ event }) => event.id);
    const events = await this.events.getMany(workspace.id, ids);
    const sent = await this.sentFor(subject, ids);
    const concerned = events.filter((event) => isConcerned(rule, event));
    const outcomes = await this.evaluate(subject, concerned);
    const turns = new Turns(MAX_TURN_MS);
    for (const event of events) {
      const tried = outcomes.get(event.id) ?? { kind: 'not_matched' };
      tally.add({ event, tried, sent: sent.get(event.id) });
      await turns.yield();
    }
  }

  /** `now` is the time at which the event was accepted: it was dispatched right after. */
  private async evaluate(
    { rule, workspace }: Subject,
    events: readonly StoredEvent[],
  ): Promise<Map<string, Outcome>> {
    const trials = events.map((event) => ({
      rule,
      event,
      workspace,
      now: event.createdAt,
      deliveryId: deliveryIdOf(event.id, rule),
    }));
    const outcomes = await this.evaluations.evaluateAll(workspace.id, trials);
    return new Map(outcomes.map((outcome, index) => [events[index]?.id ?? '', outcome]));
  }

  /** What was really sent, by event. */
  private async sentFor(
    { automationId, workspace }: Subject,
    eventIds: readonly string[],
  ): Promise<Map<string, Sent>> {
    if (!automationId) return new Map();
    const events = new Map(eventIds.map((id) => [derivedId(id, automationId), id]));
    const bodies = await this.log.bodies(workspace.id, [...events.keys()]);
    return new Map(
      bodies.map(({ id: deliveryId, ...rendered }) => [
        events.get(deliveryId) ?? '',
        { deliveryId, ...rendered },
      ]),
    );
  }
}

function* slicesOf(candidates: readonly Candidate[]): Generator<Candidate[]> {
  for (let start = 0; start < candidates.length; start += SLICE)
    yield candidates.slice(start, start + SLICE);
}
