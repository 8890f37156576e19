import type { JsonObject } from '../../json.js';
import type { EventTypeDefinition } from './event-type.js';

/** Events that Bugle publishes about its own work. Nobody else may publish them. */
export type OperationalType =
  'webhook.failing' | 'webhook.recovered' | 'webhook.disabled' | 'delivery.exhausted';

const group = 'Delivery';

const webhook = {
  id: '019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11',
  name: 'CRM',
  url: 'https://crm.example.com/…',
};
const delivery = {
  id: '019aa2f0-6b40-7d11-8c55-0a1b2c3d4e5f',
  eventId: '019aa2f0-6b40-7000-b0c4-5d6e7f809182',
  eventType: 'user.created',
  automationId: null,
  attempts: 3,
};
const lastError = {
  code: 'rejected',
  message: 'The receiver answered 503; only 2xx counts as delivered.',
  statusCode: 503,
};
const failingSince = '2026-06-14T20:30:00.000Z';

const text = (description: string): JsonObject => ({ type: 'string', description });
const textOrNull = (description: string): JsonObject => ({ type: ['string', 'null'], description });
const time = (description: string): JsonObject => ({
  type: ['string', 'null'],
  format: 'date-time',
  description,
});
const count = (description: string): JsonObject => ({ type: 'integer', minimum: 0, description });

function object(properties: JsonObject, description: string): JsonObject {
  return { type: 'object', description, required: Object.keys(properties), properties };
}

const webhookSchema = object(
  {
    id: text('Id of the webhook.'),
    name: textOrNull('Its name; null when it was deleted meanwhile.'),
    url: textOrNull('Its scheme and host. What follows may hold a secret, and is left out.'),
  },
  'The target.',
);
const deliverySchema = object(
  {
    id: text('Id of the delivery; GET /v1/deliveries/:id has every attempt.'),
    eventId: text('Id of its event.'),
    eventType: text('Type of its event.'),
    automationId: textOrNull('Id of the automation that made it; null for a plain webhook.'),
    attempts: count('Attempts made so far.'),
  },
  'The delivery whose attempt this was.',
);
const errorSchema = object(
  {
    code: text('Stable: rejected, timeout, connection_refused, …'),
    message: text('A sentence for a person.'),
    statusCode: { type: ['integer', 'null'], description: 'Status of the answer, if one came.' },
  },
  'How its last attempt failed.',
);
const subject = { webhook: webhookSchema, delivery: deliverySchema, lastError: errorSchema };
const run = {
  failures: count('Failed attempts in a row.'),
  failingSince: time('When the first of them failed.'),
};

/** The operational event types, each with the schema of its data. */
export const operationalEvents: (EventTypeDefinition & { name: OperationalType })[] = [
  {
    name: 'webhook.failing',
    group,
    description:
      'A webhook has failed many times in a row: its deliveries are held, and one goes ahead from time to time.',
    example: {
      data: {
        webhook,
        delivery,
        lastError,
        failures: 10,
        failingSince,
        heldUntil: '2026-06-14T20:31:12.000Z',
      },
    },
    schema: object(
      { ...subject, ...run, heldUntil: time('When the next one goes ahead.') },
      'Which webhook, since when, and what its receiver said last.',
    ),
  },
  {
    name: 'webhook.recovered',
    group,
    description: 'A webhook of which webhook.failing has told answers again: its deliveries go on.',
    example: {
      data: { webhook, failures: 14, failingSince, recoveredAt: '2026-06-14T20:38:40.000Z' },
    },
    schema: object(
      {
        webhook: webhookSchema,
        failures: count('Attempts that failed meanwhile.'),
        failingSince: time('When the first of them failed.'),
        recoveredAt: time('When one succeeded.'),
      },
      'Which webhook, and for how long it failed.',
    ),
  },
  {
    name: 'webhook.disabled',
    group,
    description:
      'Bugle has disabled a webhook: its receiver said 410 Gone, or it has done nothing but fail for too long.',
    example: {
      data: { webhook, delivery, lastError, reason: 'failing', failures: 87, failingSince },
    },
    schema: object(
      {
        ...subject,
        ...run,
        reason: { enum: ['gone', 'failing'], description: 'gone after a 410.' },
      },
      'Which webhook, why, and what its receiver said last.',
    ),
  },
  {
    name: 'delivery.exhausted',
    group,
    description:
      'A delivery was given up: its last attempt has failed. It can be sent again by hand.',
    example: { data: { webhook, delivery: { ...delivery, attempts: 10 }, lastError } },
    schema: object(subject, 'Which delivery, to which webhook, and how it failed last.'),
  },
];

const types = new Set<string>(operationalEvents.map(({ name }) => name));

/** Whether events of this type are made by Bugle alone. */
export function isOperational(type: string): boolean {
  return types.has(type);
}
