import { Injectable } from '@nestjs/common';
import { derivedId } from '../../database/index.js';
import { DeliveryLogRepository } from '../../deliveries/index.js';
import { notFound } from '../../errors.js';
import { EventRepository, type StoredEvent } from '../../event-bus/index.js';
import { type Principal, WorkspaceService } from '../../workspaces/index.js';
import type { AutomationSettings } from '../automation.js';
import { EvaluationService, type Outcome } from '../evaluation/index.js';
import {
  type ExplainedOutcome,
  HOLDS_NOW,
  type PastRule,
  type Verdict,
  verdictOf,
} from './explain.js';
import { excerptOf } from './explain-excerpt.js';
import { ExplainRepository } from './explain.repository.js';
import { requireScopes } from '../required-scopes.js';

/** Which rules to explain. */
export interface ExplainQuery {
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
  constructor(
    private readonly events: EventRepository,
    private readonly log: DeliveryLogRepository,
    private readonly rules: ExplainRepository,
    private readonly evaluations: EvaluationService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /** @throws BugleError 403 `missing_scope`, 404 */
  async explain(caller: Principal, eventId: string, query: ExplainQuery): Promise<Explanation> {
    requireScopes(caller.scopes, ['read:logs', 'manage:automations']);
    const event = await this.events.get(caller.workspaceId, eventId);
    if (!event) throw notFound('event', eventId);
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
    const unclear = judged.filter(({ outcome }) => outcome in NEEDS_RULE);
    const definitions = await this.rules.definitions(
      event.workspaceId,
      unclear.map(({ rule }) => rule),
    );
    const outcomes = await this.evaluateAgain(event, at, unclear, definitions);
    return judged.map((each) => {
      const { template } = definitions.get(each.rule.id) ?? { template: null };
      if (each.outcome === 'template_failed') return withExcerpt(each, template);
      const outcome = outcomes.get(each.rule.id);
      return outcome ? withTrace(each, outcome) : each;
    });
  }

  /** Conditions that did not hold, with what they saw: the event itself, and the time of its dispatch. */
  private async evaluateAgain(
    event: StoredEvent,
    at: Date,
    judged: readonly ExplainedRule[],
    definitions: ReadonlyMap<string, AutomationSettings>,
  ): Promise<Map<string, Outcome>> {
    const rules = judged.filter(({ outcome }) => outcome === 'condition_false');
    if (rules.length === 0) return new Map();
    const { id, name, timeZone } = await this.workspaces.get(event.workspaceId);
    const trials = rules.map(({ rule }) => ({
      rule: ruleOf(event.workspaceId, rule, definitions.get(rule.id)),
      event,
      workspace: { id, name, timeZone },
      now: at.toISOString(),
      deliveryId: derivedId(event.id, rule.id),
      trace: true,
    }));
    const outcomes = await this.evaluations.evaluateAll(id, trials);
    return new Map(outcomes.map((outcome, index) => [rules[index]?.rule.id ?? '', outcome]));
  }
}

/** Outcomes that are explained by the rule's own text. */
const NEEDS_RULE: Partial<Record<ExplainedOutcome, true>> = {
  condition_false: true,
  template_failed: true,
};

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

/** The condition alone: nobody asks what its template would give. */
function ruleOf(workspaceId: string, past: PastRule, definition: AutomationSettings | undefined) {
  const { id, automation, webhook, revision, triggers } = past;
  return {
    id,
    workspaceId,
    automation,
    webhook: { ...webhook, method: 'POST' as const },
    revision,
    triggers,
    condition: definition?.condition ?? null,
    template: null,
    templateFormat: 'json-text' as const,
    contentType: null,
    priority: 0,
  };
}

function withTrace(explained: ExplainedRule, { kind, trace }: Outcome): ExplainedRule {
  return { ...explained, trace, ...(kind !== 'not_matched' && { message: HOLDS_NOW }) };
}

function withExcerpt(explained: ExplainedRule, template: string | null): ExplainedRule {
  const { line, column = 1 } = explained.delivery?.fault ?? {};
  if (template === null || line === undefined) return explained;
  return { ...explained, excerpt: excerptOf(template, line, column) };
}
