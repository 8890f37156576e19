import { z } from 'zod';
import { idField, input, timeField } from '../../http/index.js';
import type { Replay } from './replay.js';

const MAX_MADE = 100_000;
const MAX_NAMED = 1_000;

export const replayInput = input({
  since: timeField.optional().meta({ description: 'Events accepted at this time or later.' }),
  until: timeField.optional().meta({ description: 'Events accepted before this time; now.' }),
  eventIds: z
    .array(idField('an event'))
    .min(1)
    .max(MAX_NAMED)
    .optional()
    .meta({ description: 'These events and no others, instead of a period and of types.' }),
  eventTypes: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({
      description: 'Only events of these types; wildcards as in triggers.',
      example: ['user.*'],
    }),
  limit: z
    .int()
    .min(1)
    .max(MAX_MADE)
    .default(10_000)
    .meta({ description: 'Deliveries that are made, at most, oldest event first.' }),
  dryRun: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether to count only: nothing is sent, nothing is stored.' }),
})
  .refine(({ since, eventIds }) => (since === undefined) !== (eventIds === undefined), {
    error: 'give one of since, eventIds',
  })
  .refine(
    ({ eventIds, until, eventTypes }) =>
      eventIds === undefined || (until === undefined && eventTypes === undefined),
    { path: ['eventIds'], error: 'says which events already: leave out until and eventTypes' },
  )
  .refine(({ since, until }) => since === undefined || until === undefined || since < until, {
    path: ['since'],
    error: 'must be before until',
  })
  .meta({ id: 'Replay' });

export function toReplay(webhookId: string, body: z.infer<typeof replayInput>): Replay {
  const { since = null, until = null, eventIds = null, eventTypes = null, ...said } = body;
  return { ...said, webhookId, since, until, eventIds, eventTypes };
}
