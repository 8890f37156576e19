import { z } from 'zod';
import { STATUSES } from '../../deliveries/index.js';
import { fault, idField, input, pageFields } from '../../http/index.js';
import { conditionTrace } from '../preview/preview.dto.js';
import { EXPLAINED_OUTCOMES } from './explain.js';
import type { ExplainedRule, Explanation } from './explain.service.js';

const outcome = z.enum(EXPLAINED_OUTCOMES).meta({
  description: 'What became of the rule; docs/explain.md says when it is which.',
  example: 'condition_false',
});

export const explainQuery = input({
  ...pageFields,
  outcome: outcome.optional(),
  automationId: idField('an automation').optional(),
});

const explainedRule = z
  .object({
    ruleId: z.uuid().meta({ description: 'Id of the automation, or of the plain webhook.' }),
    automationId: z.uuid().nullable().meta({ description: 'Null for a plain webhook.' }),
    webhookId: z.uuid().meta({ description: 'Where it sends to.' }),
    name: z.string().meta({ description: 'Its name at that time.' }),
    revision: z.int().meta({ description: 'Its revision at that time.' }),
    outcome,
    message: z.string().meta({ description: 'The same in words.' }),
    deliveryId: z.uuid().nullable().meta({ description: 'What it made of the event.' }),
    status: z.enum(STATUSES).nullable().meta({ description: 'State of the delivery.' }),
    fault: fault.nullable().meta({
      description: 'What failed, with its place in the rule; `stopped` has none.',
    }),
    trace: conditionTrace.nullable().meta({
      description: 'How the condition was decided: with `condition_false` and `condition_failed`.',
    }),
    excerpt: z
      .string()
      .nullable()
      .meta({ description: 'The template around the fault, with `template_failed`.' }),
  })
  .meta({ id: 'ExplainedRule' });

export const explanationView = z
  .object({
    eventId: z.uuid().meta({ description: 'The event.' }),
    type: z.string().meta({ description: 'Its type.' }),
    dispatched: z.boolean().meta({ description: 'Whether the rules have had it.' }),
    at: z.iso.datetime().meta({
      description: 'The rules are shown as they were then: when it was dispatched, to a second.',
    }),
    counts: z
      .partialRecord(outcome, z.int())
      .meta({ description: 'How many rules came to each outcome, whatever the filter and page.' }),
    data: z.array(explainedRule).meta({ description: 'In the order in which the rules ran.' }),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page; null on the last one.' }),
  })
  .meta({ id: 'Explanation' });

/** An explanation but for its rules, which come in pages. */
export function toExplanationHead(
  explanation: Explanation,
): Omit<z.infer<typeof explanationView>, 'data' | 'nextCursor'> {
  const { event, isDispatched, at, counts } = explanation;
  const { id: eventId, type } = event;
  return { eventId, type, dispatched: isDispatched, at: at.toISOString(), counts };
}

export function toExplainedView(explained: ExplainedRule): z.infer<typeof explainedRule> {
  const { rule, delivery, outcome: became, message, trace, excerpt } = explained;
  return {
    ruleId: rule.id,
    automationId: rule.automation?.id ?? null,
    webhookId: rule.webhook.id,
    name: rule.automation?.name ?? rule.webhook.name,
    revision: rule.revision,
    outcome: became,
    message,
    deliveryId: delivery?.id ?? null,
    status: delivery?.status ?? null,
    fault: delivery?.fault ?? null,
    trace: trace ?? null,
    excerpt: excerpt ?? null,
  };
}

/** Its place among the rules. */
export const idOfRule = ({ rule }: ExplainedRule): string => rule.id;
