import type { NewDelivery } from '../deliveries/index.js';
import type { Outcome, Trial } from './evaluation/index.js';
import { orderOf } from './order-key.js';
import type { Rule } from './rules/rule.js';

/** What comes of trials: a delivery of each that matched. Outcomes are in the order of the trials. */
export function deliveriesOf(
  trials: readonly Trial[],
  outcomes: readonly Outcome[],
): NewDelivery[] {
  return trials.flatMap((trial, index) => deliveryOf(trial, outcomes[index]) ?? []);
}

/** The rules that had to be stopped by force: a strike for each. */
export function stoppedRules(trials: readonly Trial[], outcomes: readonly Outcome[]): Rule[] {
  return trials.filter((_, index) => isStopped(outcomes[index])).map(({ rule }) => rule);
}

function isStopped(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'failed' && outcome.stopped === true;
}

function deliveryOf(
  { rule, event, deliveryId }: Trial,
  outcome: Outcome | undefined,
): NewDelivery | undefined {
  if (!outcome || outcome.kind === 'not_matched') return undefined;
  return {
    id: deliveryId,
    workspaceId: event.workspaceId,
    eventId: event.id,
    eventType: event.type,
    automationId: rule.automation?.id ?? null,
    webhookId: rule.webhook.id,
    revision: rule.revision,
    order: orderOf(rule.webhook, event),
    rendered:
      outcome.kind === 'rendered'
        ? { body: outcome.body, contentType: outcome.contentType }
        : { fault: outcome.fault },
  };
}
