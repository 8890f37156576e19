import { z } from 'zod';
import { input, jsonObject } from '../http/index.js';
import type { EventTypeDefinition } from './catalogue/index.js';
import { eventExample, typeName } from './event.dto.js';
import { EventType } from './event-type.entity.js';

const group = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .meta({ description: 'Heading in lists.', example: 'Orders' });
const description = z.string().trim().min(1).max(500).meta({
  description: 'When the event happens, in a sentence.',
  example: 'An order was paid in full.',
});
const schema = jsonObject.nullable().meta({
  description:
    'JSON Schema (2020-12, without references and patterns) that `data` must meet; null for none.',
  example: { type: 'object', required: ['id'] },
});

/** A list of event types carries them all. */
const MAX_EXAMPLE_BYTES = 16 * 1024;
const example = eventExample.refine(
  (given) => Buffer.byteLength(JSON.stringify(given)) <= MAX_EXAMPLE_BYTES,
  `is larger than ${MAX_EXAMPLE_BYTES / 1024} KiB`,
);

export const eventTypeInput = input({
  name: typeName,
  group: group.default('Custom'),
  description,
  example,
  schema: schema.optional(),
}).meta({ id: 'NewEventType' });

export const eventTypePatch = input({
  group: group.optional(),
  description: description.optional(),
  example: example.optional(),
  schema: schema.optional(),
}).meta({ id: 'EventTypePatch' });

export const eventTypeView = z
  .object({
    name: typeName,
    group,
    description,
    builtIn: z.boolean().meta({ description: 'Whether every workspace has it.' }),
    example: eventExample,
    schema,
  })
  .meta({ id: 'EventType' });

export const eventTypeList = z
  .object({ data: z.array(eventTypeView).meta({ description: 'The whole catalogue.' }) })
  .meta({ id: 'EventTypeList' });

export function toEventTypeView(
  type: EventTypeDefinition | EventType,
): z.infer<typeof eventTypeView> {
  return {
    name: type.name,
    group: type.group,
    description: type.description,
    builtIn: !(type instanceof EventType),
    example: type.example,
    schema: type.schema ?? null,
  };
}
