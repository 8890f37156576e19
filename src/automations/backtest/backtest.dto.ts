import { z } from 'zod';
import { typeName } from '../../event-bus/index.js';
import { fault, input, timeField } from '../../http/index.js';
import { draftFields, SAY_DRAFT, saysDraft } from '../automation.dto.js';
import type { BacktestRequest, BacktestStep } from './backtest.service.js';

const MAX_EVENTS = 10_000;

export const backtestInput = input({
  ...draftFields,
  since: timeField.meta({ description: 'Events accepted at this time or later.' }),
  until: timeField.optional().meta({ description: 'Events accepted before this time; now.' }),
  limit: z.int().min(1).max(MAX_EVENTS).default(1_000).meta({
    description: 'Events to try it on, at most, newest first.',
    example: 1_000,
  }),
  eventTypes: z
    .array(typeName)
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only events of these types.' }),
})
  .refine(saysDraft, SAY_DRAFT)
  .refine(({ since, until }) => until === undefined || since < until, {
    path: ['since'],
    error: 'must be before until',
  })
  .meta({ id: 'BacktestRequest' });

const count = (description: string) => z.int().meta({ description });
const progress = {
  scanned: count('Events looked at.'),
  tried: count('Those among them that its triggers select: it was tried on them.'),
  matched: count('Those among them that it would fire for.'),
};

const match = z.object({
  eventId: z.uuid().meta({ description: 'The event.' }),
  type: typeName,
  occurredAt: z.iso.datetime().meta({ description: 'When it happened.' }),
  now: z.iso.datetime().meta({
    description: 'What `now` was for the rule: when the event was accepted.',
  }),
  outcome: z
    .enum(['rendered', 'failed'])
    .meta({ description: '`failed` when the payload could not be rendered.' }),
  fault: fault.optional().meta({ description: 'Why it failed.' }),
  body: z.string().optional().meta({
    description:
      'Of the first 20; the preview with this `eventId` and `now` gives that of any other.',
  }),
});

const difference = z.object({
  eventId: z.uuid().meta({ description: 'The event.' }),
  deliveryId: z.uuid().nullable().meta({ description: 'What was sent; null where nothing was.' }),
  lines: z
    .string()
    .optional()
    .meta({ description: 'What differs in the body, in unified form; JSON one value a line.' }),
});
const differences = (description: string) =>
  z
    .object({
      count: count('How many.'),
      events: z.array(difference).meta({ description: 'The first 100.' }),
    })
    .meta({ description });

export const backtestView = z
  .object({
    ...progress,
    failed: count('Matches whose payload could not be rendered.'),
    truncated: z.boolean().meta({
      description: 'Whether it stopped at `limit`, or after a minute, before all events were seen.',
    }),
    matches: z.array(match).meta({ description: 'The first 100, newest event first.' }),
    comparison: z
      .object({
        newlyMatched: differences('It would fire; the stored automation did not.'),
        noLongerMatched: differences('The stored automation fired; this would not.'),
        changedBody: differences('Both fire, with another body, or one of them fails.'),
      })
      .nullable()
      .meta({ description: 'What differs from what was really sent; null without automationId.' }),
  })
  .meta({ id: 'Backtest' });

const backtestProgress = z.object(progress).meta({ id: 'BacktestProgress' });

export function toBacktestRequest(body: z.infer<typeof backtestInput>): BacktestRequest {
  const { automation, automationId, since, until, limit, eventTypes } = body;
  return {
    draft: { automation, automationId },
    since: new Date(since),
    until: until === undefined ? new Date() : new Date(until),
    limit,
    eventTypes,
  };
}

/** The data of a `progress` or of a `result` event. */
export function toStepView(
  step: BacktestStep,
): z.infer<typeof backtestProgress> | z.infer<typeof backtestView> {
  if (step.kind === 'progress') {
    const { kind: _, ...shown } = step;
    return shown;
  }
  const { kind: _, isComplete, ...findings } = step;
  return { ...findings, truncated: !isComplete };
}
