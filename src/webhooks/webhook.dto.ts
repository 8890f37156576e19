import { z } from 'zod';
import { input, jsonObject, pageOf } from '../http/index.js';
import {
  health,
  ordered,
  orderingKey,
  rateLimit,
  retryPolicy,
  toHealthView,
} from './delivery-settings.dto.js';
import { maskHeaders } from './headers.js';
import type { ShownWebhook } from './webhook-health.service.js';
import type { WebhookSettings } from './webhook.service.js';

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'Unique name.', example: 'CRM' });
const description = z.string().max(2000).nullable().meta({ description: 'What it is for.' });
const url = z
  .string()
  .meta({ description: 'Where requests go.', example: 'https://example.com/hooks/bugle' });
const method = z
  .enum(['GET', 'POST'])
  .meta({ description: 'With GET, the payload becomes query parameters.' });
const events = z.array(z.string()).meta({
  description: 'Event types and wildcards it gets with the default payload.',
  example: ['user.*'],
});
const headers = z.record(z.string(), z.string()).meta({
  description: 'Headers to add to each request.',
  example: { 'x-team': 'crm' },
});
const maskedHeaders = z
  .array(z.string().min(1).max(100))
  .max(32)
  .meta({
    description: 'Further headers whose values the log must not show.',
    example: ['x-team-token'],
  });
const enabled = z
  .boolean()
  .meta({ description: 'A disabled webhook gets nothing new; what waits is kept.' });
const secret = z.string().meta({
  description:
    '`whsec_` and the base64 of 24 to 64 bytes, or any text of 8 to 255 characters. Made for you when absent.',
});

export const webhookInput = input({
  name,
  description: description.default(null),
  url,
  method: method.default('POST'),
  events: events.default([]),
  headers: headers.default({}),
  maskedHeaders: maskedHeaders.default([]),
  retryPolicy: retryPolicy.default(null),
  rateLimit: rateLimit.default(null),
  ordered: ordered.default(false),
  orderingKey: orderingKey.default(null),
  enabled: enabled.default(true),
  secret: secret.optional(),
}).meta({ id: 'NewWebhook' });

export const webhookPatch = input({
  name: name.optional(),
  description: description.optional(),
  url: url.optional(),
  method: method.optional(),
  events: events.optional(),
  headers: headers.optional(),
  maskedHeaders: maskedHeaders.optional(),
  retryPolicy: retryPolicy.optional(),
  rateLimit: rateLimit.optional(),
  ordered: ordered.optional(),
  orderingKey: orderingKey.optional(),
  enabled: enabled.optional(),
}).meta({ id: 'WebhookPatch' });

export const rotateInput = input({
  secret: secret.optional(),
  graceHours: z.number().min(0).max(720).optional().meta({
    description: 'How long `webhook-signature` carries both signatures; 24 when absent.',
    example: 24,
  }),
}).meta({ id: 'SecretRotation' });

export const testInput = input({
  data: jsonObject
    .optional()
    .meta({ description: 'Data of the test event.', example: { status: 'ok' } }),
}).meta({ id: 'WebhookTest' });

const time = (text: string) => z.iso.datetime().meta({ description: text });

export const webhookView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the webhook.' }),
    name,
    description,
    url,
    method,
    events,
    headers: headers.meta({ description: 'Custom headers; values of secret ones show as ***.' }),
    maskedHeaders,
    retryPolicy,
    rateLimit,
    ordered,
    orderingKey,
    enabled,
    disabledReason: z.string().nullable().meta({
      description:
        'Why Bugle disabled it: `gone` after a 410, `failing` when it did nothing but fail for too long.',
    }),
    disabledAt: time('Since when it is disabled; null while it is enabled.').nullable(),
    health,
    previousSecretExpiresAt: time(
      'Until then the secret before the last rotation still signs too.',
    ).nullable(),
    revision: z.int().meta({ description: 'Counts its edits; also the ETag.', example: 1 }),
    createdAt: time('When it was made.'),
    updatedAt: time('When it was last edited.'),
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecret = webhookView
  .extend({
    secret: z
      .string()
      .meta({ description: 'The signing secret. Shown this once.', example: 'whsec_…' }),
  })
  .meta({ id: 'WebhookWithSecret' });

export const webhookPage = pageOf(webhookView).meta({ id: 'WebhookPage' });

export function toSettings(body: z.infer<typeof webhookInput>): WebhookSettings {
  const { secret: _, ...settings } = body;
  return settings;
}

export function toWebhookView({
  webhook,
  health: does,
}: ShownWebhook): z.infer<typeof webhookView> {
  return {
    id: webhook.id,
    name: webhook.name,
    description: webhook.description,
    url: webhook.url,
    method: webhook.method,
    events: webhook.events,
    headers: maskHeaders(webhook.headers, webhook.maskedHeaders),
    maskedHeaders: webhook.maskedHeaders,
    retryPolicy: webhook.retryPolicy,
    rateLimit: webhook.rateLimit,
    ordered: webhook.ordered,
    orderingKey: webhook.orderingKey,
    enabled: webhook.enabled,
    disabledReason: webhook.disabledReason,
    disabledAt: webhook.disabledSince?.toISOString() ?? null,
    health: toHealthView(does),
    previousSecretExpiresAt: webhook.previousSecretExpiresAt?.toISOString() ?? null,
    revision: webhook.revision,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}
