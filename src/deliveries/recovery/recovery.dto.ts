import { z } from 'zod';
import { idField, input, timeField } from '../../http/index.js';
import { type Job, jobView, toJobView } from '../../jobs/index.js';
import type { Asked, Cancellation, Counted, Recovery } from './recovery.js';

const MAX_RECOVERED = 100_000;
const NOT_RENDERED =
  'is not possible: what failed could not be rendered, so there are no bytes to send. Correct the automation, then replay its events: POST /v1/webhooks/{id}/replay';

const webhookId = idField('a webhook');
const since = timeField.meta({ description: 'Events accepted at this time or later.' });
const until = timeField.optional().meta({ description: 'Events accepted before this time; now.' });
const dryRun = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether to count only: nothing is changed.' });

const inOrder = ({ since: from, until: to }: { since?: string; until?: string }) =>
  from === undefined || to === undefined || from < to;
const OUT_OF_ORDER = { path: ['since'], error: 'must be before until' };

export const recoverInput = input({
  webhookId: webhookId.optional().meta({
    description: 'Id of a webhook; without one all that are enabled are meant.',
  }),
  since,
  until,
  status: z
    .enum(['exhausted', 'cancelled'], {
      error: ({ input: said }) => (said === 'failed' ? NOT_RENDERED : undefined),
    })
    .default('exhausted')
    .meta({ description: 'How the deliveries ended.' }),
  limit: z
    .int()
    .min(1)
    .max(MAX_RECOVERED)
    .default(10_000)
    .meta({ description: 'Deliveries that are sent again, at most, oldest event first.' }),
  dryRun,
})
  .refine(inOrder, OUT_OF_ORDER)
  .meta({ id: 'Recovery' });

export const cancelInput = input({ webhookId, since: since.optional(), until, dryRun })
  .refine(inOrder, OUT_OF_ORDER)
  .meta({ id: 'Cancellation' });

export const countView = z
  .object({
    count: z.int().meta({ description: 'Deliveries that are meant.', example: 1200 }),
    atLeast: z
      .boolean()
      .meta({ description: 'Whether there may be more: counting stopped after 100,000 rows.' }),
  })
  .meta({ id: 'DeliveryCount' });

/** A job that was started, or what a dry run has counted. */
export const jobOrCount = z.union([jobView, countView]);

export function toRecovery(body: z.infer<typeof recoverInput>): Asked<Recovery> {
  return { ...body, webhookId: body.webhookId ?? null, until: body.until ?? null };
}

export function toCancellation(body: z.infer<typeof cancelInput>): Asked<Cancellation> {
  return { ...body, since: body.since ?? null, until: body.until ?? null };
}

export function toJobOrCount(answer: Job | Counted): z.infer<typeof jobOrCount> {
  return 'kind' in answer ? toJobView(answer) : answer;
}
