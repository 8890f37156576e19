import { z } from 'zod';
import { type EventHeader, isOperational, matchesTrigger } from '../../event-bus/index.js';

/** Which events are to be given to a webhook's rules again, as its job keeps it. Times in ISO 8601. */
export const replay = z.object({
  webhookId: z.string(),
  /** Null where the events are named. */
  since: z.string().nullable(),
  until: z.string().nullable(),
  /** These events and no others, each once. Null: those of the period. */
  eventIds: z.array(z.string()).nullable().default(null),
  /** Event types and wildcards. Null: all that the rules ask for. */
  eventTypes: z.array(z.string()).nullable(),
  /** Deliveries that are made, at most. */
  limit: z.number(),
  /** Whether to count only. */
  dryRun: z.boolean(),
});
export type Replay = z.infer<typeof replay>;

/**
 * Whether a replay is about an event. A test was for its moment, and what Bugle said of its own work is old news: it
 * is told again only to who asks for its type, or for the event itself.
 */
export function isReplayed(
  { type, targetWebhookId }: Pick<EventHeader, 'type' | 'targetWebhookId'>,
  { eventTypes, eventIds }: Pick<Replay, 'eventTypes' | 'eventIds'>,
): boolean {
  if (targetWebhookId !== null) return false;
  if (eventIds !== null) return true;
  if (isOperational(type)) return eventTypes?.includes(type) ?? false;
  return eventTypes?.some((trigger) => matchesTrigger(trigger, type)) ?? true;
}
