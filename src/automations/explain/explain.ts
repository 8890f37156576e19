import type { EventDelivery } from '../../deliveries/index.js';
import type { Fault } from '../../errors.js';
import type { StoredEvent } from '../../event-bus/index.js';
import type { Outcome } from '../evaluation/index.js';
import { type ConcernedRule, isConcerned } from '../rules/rule.js';

/** What became of one rule for one event. docs/explain.md has them in words. */
export const EXPLAINED_OUTCOMES = [
  'not_subscribed',
  'disabled',
  'not_yet_dispatched',
  'condition_false',
  'condition_failed',
  'template_failed',
  'stopped',
  'matched',
] as const;
export type ExplainedOutcome = (typeof EXPLAINED_OUTCOMES)[number];

/** A rule as it was when an event was dispatched: enough to judge it without its condition and template. */
export interface PastRule extends ConcernedRule {
  /** The automation's id, or the webhook's own. */
  id: string;
  automation: { id: string; name: string } | null;
  webhook: { id: string; name: string };
  /** Of the automation, or of the webhook. */
  revision: number;
  /** Whether rule and webhook were on. */
  state: { enabled: boolean; reason: string | null };
  webhookState: { enabled: boolean; reason: string | null };
}

/** The judgement on one rule. */
export interface Verdict {
  outcome: ExplainedOutcome;
  /** A sentence for a person. */
  message: string;
  /** What the log says of it. */
  delivery?: EventDelivery;
}

/** What is known of an event besides itself. */
interface PastEvent {
  event: Pick<StoredEvent, 'type' | 'targetWebhookId'>;
  isDispatched: boolean;
}

/** More triggers than this are counted, not listed. */
const LISTED_TRIGGERS = 5;

/** Says what became of a rule, from the log where it says something: that is what really happened. */
export function verdictOf(
  rule: PastRule,
  { event, isDispatched }: PastEvent,
  delivery: EventDelivery | undefined,
): Verdict {
  if (delivery) return { ...ofDelivery(delivery), delivery };
  if (!isConcerned(rule, event))
    return { outcome: 'not_subscribed', message: strangeness(rule, event) };
  const off = whyDisabled(rule);
  if (off) return { outcome: 'disabled', message: off };
  if (isDispatched) return { outcome: 'condition_false', message: 'Its condition did not hold.' };
  const message = 'Not decided yet: the event still waits to be dispatched.';
  return { outcome: 'not_yet_dispatched', message };
}

/** Codes of faults that are the rule's as a whole: it did not end within its limits, in the condition or in the template. */
const STOPPED: ReadonlySet<string> = new Set([
  'evaluation_timeout',
  'evaluation_out_of_memory',
  'evaluation_crashed',
  'evaluation_stopped',
]);

function ofDelivery({ fault, status }: EventDelivery): Pick<Verdict, 'outcome' | 'message'> {
  if (!fault) return { outcome: 'matched', message: `It fired. The delivery is ${status}.` };
  if (STOPPED.has(fault.code))
    return { outcome: 'stopped', message: `It had to be stopped: ${fault.message}` };
  if (isOfCondition(fault)) {
    const message = `Its condition could not be evaluated: ${fault.message}`;
    return { outcome: 'condition_failed', message };
  }
  const message = `Its condition held, but its template failed: ${fault.message}`;
  return { outcome: 'template_failed', message };
}

function isOfCondition({ path }: Fault): boolean {
  return path.startsWith('condition');
}

const HOLDS_NOW =
  'It made no delivery, yet its condition holds when it is evaluated again. Either the rule was edited at the moment of the dispatch, or the condition compares times.';

/** What is to be said of a condition that did not hold, now that it was evaluated again. Undefined: nothing new. */
export function surpriseOf(again: Outcome): string | undefined {
  switch (again.kind) {
    case 'not_matched':
      return undefined;
    case 'rendered':
      return HOLDS_NOW;
    case 'failed':
      if (!again.stopped && !isOfCondition(again.fault)) return HOLDS_NOW;
      return `It made no delivery. It could not be evaluated again: ${again.fault.message}`;
  }
}

function strangeness({ triggers }: PastRule, event: PastEvent['event']): string {
  if (event.targetWebhookId) return 'Not concerned: this is a test event for one webhook alone.';
  const more = triggers.length - LISTED_TRIGGERS;
  const listed = triggers.slice(0, LISTED_TRIGGERS).join(', ');
  const names = more > 0 ? `${listed} and ${more} more` : listed;
  return `Not subscribed: its triggers are ${names}; the event is ${event.type}.`;
}

function whyDisabled({ state, webhook, webhookState }: PastRule): string | undefined {
  if (!state.enabled) return withReason('Disabled', state.reason);
  if (webhookState.enabled) return undefined;
  return withReason(`Disabled: its webhook "${webhook.name}" was off`, webhookState.reason);
}

function withReason(what: string, reason: string | null): string {
  if (reason === null) return `${what}.`;
  return `${what}: ${reason === 'gone' ? 'its receiver had answered 410 Gone.' : reason}`;
}
