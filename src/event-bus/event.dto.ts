import { z } from 'zod';
import {
  input,
  jsonObject,
  jsonValue,
  pageFields,
  pageOf,
  problem,
  timeField,
} from '../http/index.js';
import { isEventTypeName } from './catalogue/index.js';
import type { StoredEvent } from './event.js';
import type { EventFilter } from './event-search.repository.js';

export const typeName = z
  .string()
  .max(100)
  .refine(isEventTypeName, 'expected lower-case words with dots between: user.created')
  .meta({ description: 'Event type.', example: 'user.updated' });

const data = jsonObject.meta({
  description:
    'The record as it was when it happened. Numbers have 64-bit floating-point precision: send whole numbers beyond 2^53 as texts.',
  example: { id: 7, name: 'Ada Lovelace', rank: 'Captain' },
});
const changes = z
  .record(z.string().min(1).max(200), input({ old: jsonValue, new: jsonValue }))
  .meta({
    description: 'What changed: old and new value of each field.',
    example: { rank: { old: 'Lieutenant', new: 'Captain' } },
  });
const actor = jsonObject.meta({
  description: 'Who did it.',
  example: { id: 1, name: 'Grace Hopper' },
});

export const eventExample = input({
  data,
  changes: changes.optional(),
  actor: actor.optional(),
}).meta({
  id: 'EventExample',
  description: 'A typical event of a type.',
});

export const publishInput = input({
  type: typeName,
  data,
  changes: changes.nullish(),
  actor: actor.nullish(),
  occurredAt: timeField.optional().meta({ description: 'When it happened; now when absent.' }),
  id: z.string().min(1).max(200).optional().meta({
    description: 'Your own id: publishing it again within 24 h gives the same event.',
    example: 'crm-4711',
  }),
}).meta({ id: 'Publication' });

export const batchInput = input({
  events: z
    .array(z.unknown())
    .min(1)
    .meta({ description: 'Publications, 1000 at most. Each is accepted or refused on its own.' }),
}).meta({ id: 'PublicationBatch' });

export const publishedView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the event.' }),
    duplicate: z
      .boolean()
      .meta({ description: 'True when it had been published before; `id` is that one.' }),
  })
  .meta({ id: 'Published' });

export const batchView = z
  .object({
    accepted: z.int().meta({ description: 'Events that are stored, duplicates included.' }),
    refused: z.int().meta({
      description: 'Events that are not; 0 when all went well. Their results have an `error`.',
    }),
    results: z
      .array(z.union([publishedView, z.object({ error: problem })]))
      .meta({ description: 'One result per event, in the order of the request.' }),
  })
  .meta({ id: 'BatchResult' });

export const eventQuery = input({
  ...pageFields,
  type: typeName.optional(),
  since: timeField.optional().meta({ description: 'Accepted at this time or later.' }),
  until: timeField.optional().meta({ description: 'Accepted before this time.' }),
});

const time = (description: string) => z.iso.datetime().meta({ description });

export const eventView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the event.' }),
    type: typeName,
    sourceId: z.string().nullable().meta({ description: 'The `id` that the producer gave.' }),
    data,
    changes: changes.nullable(),
    actor: actor.nullable(),
    occurredAt: time('When it happened.'),
    createdAt: time('When it was accepted.'),
    test: z.boolean().meta({ description: 'Whether it is a test event of one webhook.' }),
  })
  .meta({ id: 'Event' });

export const eventPage = pageOf(eventView).meta({ id: 'EventPage' });

export function toEventFilter(query: z.infer<typeof eventQuery>): EventFilter {
  const { type, since, until, limit } = query;
  return {
    type,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
    limit,
  };
}

export function toEventView(event: StoredEvent): z.infer<typeof eventView> {
  const { workspaceId: _, targetWebhookId, ...shown } = event;
  return { ...shown, test: targetWebhookId !== null };
}
