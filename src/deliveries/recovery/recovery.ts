import { z } from 'zod';

const period = { since: z.string(), until: z.string().nullable() };

/** What is to be opened again, as its job keeps it. Times in ISO 8601. */
export const recovery = z.object({
  /** Null: all webhooks of the workspace that are enabled. */
  webhookId: z.string().nullable(),
  ...period,
  /** How the deliveries ended. */
  status: z.enum(['exhausted', 'cancelled']),
  /** Deliveries that are opened, at most. */
  limit: z.number(),
});
export type Recovery = z.infer<typeof recovery>;

/** What is to be cancelled, as its job keeps it. */
export const cancellation = z.object({
  webhookId: z.string(),
  since: period.since.nullable(),
  until: period.until,
});
export type Cancellation = z.infer<typeof cancellation>;

/** What a job was asked for, or only how much that would be. */
export type Asked<Input> = Input & { dryRun: boolean };

/** So many; more when `atLeast`: counting stopped there. */
export interface Counted {
  count: number;
  atLeast: boolean;
}
