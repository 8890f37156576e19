import { z } from 'zod';
import { input } from '../http/index.js';
import type { WebhookHealth } from './webhook-health.js';

const WEEK = 604_800;
const DAY = 86_400;
const A_MILLISECOND = 0.001;

const schedule = z
  .array(z.number().min(A_MILLISECOND).max(WEEK))
  .max(30)
  .meta({
    description:
      'Seconds to wait after the first, second, … failed attempt; after the last one the delivery is exhausted. Empty: one attempt only.',
    example: [5, 60, 600],
  });
const jitter = z.number().min(0).max(0.9).meta({
  description: 'Each wait is spread evenly over ± this share of itself.',
  example: 0.2,
});
const finalStatusCodes = z
  .array(z.int().min(300).max(599))
  .max(50)
  .meta({
    description: 'After an answer with one of these the delivery is exhausted at once.',
    example: [400, 422],
  });

export const retryPolicy = input({
  schedule: schedule.optional(),
  jitter: jitter.optional(),
  finalStatusCodes: finalStatusCodes.optional(),
})
  .nullable()
  .meta({
    description:
      'When what failed is tried again. What is left out, and null, is as the server’s settings say.',
  });

export const rateLimit = input({
  requests: z.int().min(1).max(100_000).meta({ description: 'Requests at most.', example: 30 }),
  seconds: z.int().min(1).max(DAY).meta({ description: 'In so many seconds.', example: 60 }),
})
  .nullable()
  .meta({
    description:
      'So many requests in so many seconds, over all workers, in windows that follow one another: around the border of two there may be twice as many. What waits for it waits in the queue. Null: no limit.',
  });

export const ordered = z.boolean().meta({
  description:
    'Whether its deliveries go one after the other, in the order of their events: each waits until the one before is delivered or exhausted.',
});
export const orderingKey = z.string().nullable().meta({
  description:
    'With `ordered`, and refused without: only events with the same value at this path into `data` or `actor` wait for each other. Null: all do. Turning `ordered` off forgets it.',
  example: 'data.id',
});

const time = (text: string) => z.iso.datetime().nullable().meta({ description: text });

export const health = z
  .object({
    state: z.enum(['healthy', 'failing', 'held', 'disabled']).meta({
      description:
        'failing: the last attempt failed. held: nothing is sent before heldUntil, because it failed many times in a row or its receiver asked for a pause.',
    }),
    failingSince: time('When the first failed of those attempts that failed in a row.'),
    heldUntil: time('Until then its deliveries wait. Null unless it is held.'),
    consecutiveFailures: z.int().meta({ description: 'Attempts that failed in a row.' }),
  })
  .meta({ id: 'WebhookHealth', description: 'How it does.' });

export function toHealthView(of: WebhookHealth): z.infer<typeof health> {
  const { state, failingSince, heldUntil, consecutiveFailures } = of;
  return {
    state,
    failingSince: failingSince?.toISOString() ?? null,
    // What is disabled gets nothing then either.
    heldUntil: state === 'held' && heldUntil ? heldUntil.toISOString() : null,
    consecutiveFailures,
  };
}
