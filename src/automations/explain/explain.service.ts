import { Injectable } from '@nestjs/common';
import { DeliveryLogRepository } from '../../deliveries/index.js';
import { BugleError, notFound } from '../../errors.js';
import { EventRepository, type StoredEvent } from '../../event-bus/index.js';
import type { Principal } from '../../workspaces/index.js';
import type { Outcome } from '../evaluation/index.js';
import { Places } from '../places.js';
import {
  type ExplainedOutcome,
  type PastRule,
  surpriseOf,
  type Verdict,
  verdictOf,
} from './explain.js';
import { excerptOf } from './explain-excerpt.js';
import { ExplainRepository } from './explain.repository.js';
import { RetrialService } from './retrial.service.js';

/** Which rules to explain. */
interface ExplainQuery {
  outcome?: ExplainedOutcome;
  automationId?: string;
  limit: number;
  /** Id of the rule after which the page begins. */
  after?: string;
}

/** One rule, and what became of it. */
export interface ExplainedRule extends Verdict {
  rule: PastRule;
  /** How its condition was decided. */
  trace?: Outcome['trace'];
  /** The template around the place where it failed. */
  excerpt?: string;
}

/** One event, and what became of it. */
export interface Explanation {
  event: StoredEvent;
  isDispatched: boolean;
  /** The time of which the rules are, to about a second. */
  at: Date;
  /** How many rules came to each outcome, on all pages. */
  counts: Partial<Record<ExplainedOutcome, number>>;
  /** In the order in which they ran; one more than the limit. */
  rules: ExplainedRule[];
}

/** Says of every rule why it fired for an event, or why not, from the log and the history of the rules. */
@Injectable()
export class ExplainService {
  private readonly places = new Places({ ofWorkspace: 2, inAll: 4 });

  constructor(
    private readonly events: EventRepository,
    private readonly log: DeliveryLogRepository,
    private readonly rules: ExplainRepository,
    private readonly retrials: RetrialService,
  ) {}

  /** @throws BugleError 404, 429 `explanations_busy` */
  async explain(
    { workspaceId }: Principal,
    eventId: string,
    query: ExplainQuery,
  ): Promise<Explanation> {
    const event = await this.events.get(workspaceId, eventId);
    if (!event) throw notFound('event', eventId);
    if (this.places.take(workspaceId) !== 'taken') throw busy();
    try {
      return await this.explainEvent(event, query);
    } finally {
      this.places.leave(workspaceId);
    }
  }

  private async explainEvent(event: StoredEvent, query: ExplainQuery): Promise<Explanation> {
    const { isDispatched, at } = await this.events.dispatchOf(event);
    const judged = await this.judge(event, { isDispatched, at }, query.automationId);
    const page = following(judged, query.after).filter(
      ({ outcome }) => query.outcome === undefined || outcome === query.outcome,
    );
    const rules = await this.explainEach(event, at, page.slice(0, query.limit + 1));
    return { event, isDispatched, at, counts: countsOf(judged), rules };
  }

  private async judge(
    event: StoredEvent,
    { isDispatched, at }: Pick<Explanation, 'isDispatched' | 'at'>,
    automationId: string | undefined,
  ): Promise<ExplainedRule[]> {
    const { workspaceId, targetWebhookId } = event;
    const deliveries = await this.log.ofEvent(workspaceId, event.id);
    const byRule = new Map(deliveries.map((row) => [row.automationId ?? row.webhookId, row]));
    const rules = await this.rules.rulesAt({
      workspaceId,
      // Times of events end with the millisecond; those of edits do not.
      before: new Date(at.getTime() + 1),
      used: [...byRule].map(([ruleId, { revision }]) => ({ ruleId, revision })),
      targetWebhookId,
      automationId,
    });
    return rules.map((rule) => ({
      rule,
      ...verdictOf(rule, { event, isDispatched }, byRule.get(rule.id)),
    }));
  }

  private async explainEach(
    event: StoredEvent,
    at: Date,
    judged: readonly ExplainedRule[],
  ): Promise<ExplainedRule[]> {
    const unclear = judged.filter(({ outcome }) => NEED_RULE.has(outcome));
    const definitions = await this.rules.definitions(
      event.workspaceId,
      unclear.map(({ rule }) => rule),
    );
    const undecided = unclear.filter(({ outcome }) => NEED_TRACE.has(outcome));
    const rules = undecided.map(({ rule }) => rule);
    const outcomes = await this.retrials.conditions(rules, { definitions, event, at });
    return judged.map((each) => {
      const { template } = definitions.get(each.rule.id) ?? { template: null };
      if (each.outcome === 'template_failed') return withExcerpt(each, template);
      const outcome = outcomes.get(each.rule.id);
      return outcome ? withTrace(each, outcome) : each;
    });
  }
}

/** Outcomes that the condition explains, evaluated again with a trace. */
const NEED_TRACE: ReadonlySet<ExplainedOutcome> = new Set(['condition_false', 'condition_failed']);
/** Outcomes that are explained by the rule's own text. */
const NEED_RULE: ReadonlySet<ExplainedOutcome> = new Set([...NEED_TRACE, 'template_failed']);

function busy(): BugleError {
  const message = 'Too many events are being explained at once. Try again in a moment.';
  return new BugleError(429, 'explanations_busy', message);
}

/** What comes after a rule; nothing when it is no more there. */
function following(judged: readonly ExplainedRule[], after: string | undefined): ExplainedRule[] {
  if (after === undefined) return [...judged];
  const index = judged.findIndex(({ rule }) => rule.id === after);
  return index < 0 ? [] : judged.slice(index + 1);
}

function countsOf(judged: readonly ExplainedRule[]): Explanation['counts'] {
  const counts: Explanation['counts'] = {};
  for (const { outcome } of judged) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** What a condition failed at is in the log: only of one that did not hold, the second evaluation can tell something new. */
function withTrace(explained: ExplainedRule, again: Outcome): ExplainedRule {
  const { trace } = again;
  const surprise = explained.outcome === 'condition_false' ? surpriseOf(again) : undefined;
  return { ...explained, trace, message: surprise ?? explained.message };
}

function withExcerpt(explained: ExplainedRule, template: string | null): ExplainedRule {
  const { line, column = 1 } = explained.delivery?.fault ?? {};
  if (template === null || line === undefined) return explained;
  return { ...explained, excerpt: excerptOf(template, line, column) };
}
