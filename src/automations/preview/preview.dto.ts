import { z } from 'zod';
import { publishInput, typeName } from '../../event-bus/index.js';
import { fault, idField, input, timeField } from '../../http/index.js';
import { draftFields, SAY_DRAFT, saysDraft } from '../automation.dto.js';
import type { PreviewRequest } from './preview.service.js';
import type { ChosenEvent } from './previewed-event.service.js';

export const previewInput = input({
  ...draftFields,
  event: publishInput.optional(),
  eventId: idField('a stored event')
    .optional()
    .meta({ description: 'Id of a stored event; needs the scope `read:logs` too.' }),
  eventType: typeName.optional().meta({ description: "Use this type's example." }),
  now: timeField.optional().meta({
    description: 'What `now` is for the rule; the present time. A backtest says what it was there.',
    example: '2026-11-21T20:00:00Z',
  }),
})
  .refine(saysDraft, SAY_DRAFT)
  .refine(
    (body) => exactlyOne(body.event, body.eventId, body.eventType),
    'give one of event, eventId, eventType',
  )
  .meta({ id: 'PreviewRequest' });

/** How a condition was decided: one node for each part that was evaluated. */
export const conditionTrace = z
  .object({
    path: z.string().meta({ description: 'Place in the condition.', example: 'and[0].==' }),
    operator: z.string().nullable().meta({ description: 'Null for a constant.' }),
    value: z.json().meta({ description: 'What it gave; long values are cut.' }),
    decisive: z.boolean().meta({ description: 'Whether it decided the whole.' }),
    get operands() {
      return z
        .array(conditionTrace)
        .meta({ description: 'What was evaluated for it, in order; what was not is not there.' });
    },
    item: z.int().optional().meta({ description: 'In a loop: for which item, from 0.' }),
    omitted: z
      .int()
      .optional()
      .meta({ description: 'How many further operands or turns of a loop are not shown.' }),
  })
  .meta({ id: 'ConditionTrace' });

export const previewView = z
  .object({
    matched: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether it would fire; null when that cannot be told.' }),
    trace: conditionTrace
      .nullable()
      .meta({ description: 'How the condition was decided; null without a condition.' }),
    request: z
      .object({
        method: z.enum(['GET', 'POST']).meta({ description: 'As the webhook says.' }),
        url: z.string().nullable().meta({ description: 'Null while the draft names no webhook.' }),
        headers: z.record(z.string(), z.string()).meta({
          description: 'All that would be sent; signatures and secret values show as ***.',
        }),
        body: z.string().meta({ description: 'Byte for byte; empty with GET.' }),
      })
      .nullable()
      .meta({ description: 'What would be sent.' }),
    problems: z.array(fault).meta({
      description:
        'What is wrong, each with its place; one without a place concerns the rule as a whole.',
    }),
  })
  .meta({ id: 'Preview' });

export function toPreviewRequest(body: z.infer<typeof previewInput>): PreviewRequest {
  const { automation, automationId, now, ...rest } = body;
  return {
    draft: { automation, automationId },
    event: toChosenEvent(rest),
    now: now === undefined ? new Date() : new Date(now),
  };
}

function toChosenEvent({
  event,
  eventId,
  eventType,
}: Pick<z.infer<typeof previewInput>, 'event' | 'eventId' | 'eventType'>): ChosenEvent {
  if (event) return { event };
  if (eventId !== undefined) return { eventId };
  if (eventType !== undefined) return { eventType };
  throw new Error('the schema lets no request without an event through');
}

function exactlyOne(...values: unknown[]): boolean {
  return values.filter((value) => value !== undefined).length === 1;
}
