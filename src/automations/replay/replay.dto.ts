import { z } from 'zod';
import { input, timeField } from '../../http/index.js';
import type { Replay } from './replay.js';

const MAX_MADE = 100_000;

export const replayInput = input({
  since: timeField.meta({ description: 'Events accepted at this time or later.' }),
  until: timeField.optional().meta({ description: 'Events accepted before this time; now.' }),
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
  .refine(({ since, until }) => until === undefined || since < until, {
    path: ['since'],
    error: 'must be before until',
  })
  .meta({ id: 'Replay' });

export function toReplay(webhookId: string, body: z.infer<typeof replayInput>): Replay {
  const { until, eventTypes, ...said } = body;
  return { ...said, webhookId, until: until ?? null, eventTypes: eventTypes ?? null };
}
