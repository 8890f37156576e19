import type { z } from 'zod';
import type { automationView } from '../../src/automations/automation.dto.js';
import type { deliveryView, deliveryWithAttempts } from '../../src/deliveries/log/delivery.dto.js';
import type { webhookView, webhookWithSecret } from '../../src/webhooks/webhook.dto.js';
import type { Client } from './client.js';
import { until } from './until.js';

/** What the API answers, as its own schemas say. */
export type WebhookView = z.infer<typeof webhookView>;
export type NewWebhookView = z.infer<typeof webhookWithSecret>;
export type AutomationView = z.infer<typeof automationView>;
export type DeliveryView = z.infer<typeof deliveryView>;
export type DeliveryWithAttempts = z.infer<typeof deliveryWithAttempts>;

/** A list as every list is answered. */
export interface PageView<Row> {
  data: Row[];
  nextCursor: string | null;
}

/** Nobody's id. */
export const NOWHERE = '019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11';

let made = 0;

/** A name that no other fixture of this spec file has. */
export const uniqueName = (what: string): string => `${what} ${++made}`;

/** Input of POST /v1/webhooks with what every webhook needs. */
export const webhookInput = (differences: object = {}) => ({
  name: uniqueName('webhook'),
  url: 'http://127.0.0.1:9/hook',
  ...differences,
});

/** Input of POST /v1/events. */
export const eventInput = (differences: object = {}) => ({
  type: 'user.created',
  data: { id: 7, name: 'Ada Lovelace', rank: 'Captain' },
  ...differences,
});

export function makeWebhook(api: Client, differences: object = {}): Promise<NewWebhookView> {
  return api.make('/v1/webhooks', webhookInput(differences));
}

/** An automation on user.created; it gets a webhook of its own unless one is named. */
export async function makeAutomation(
  api: Client,
  differences: { webhookId?: string; [field: string]: unknown } = {},
): Promise<AutomationView> {
  const webhookId = differences.webhookId ?? (await makeWebhook(api)).id;
  return api.make('/v1/automations', {
    name: uniqueName('automation'),
    triggers: ['user.created'],
    ...differences,
    webhookId,
  });
}

/** Publishes an event and gives its id. */
export async function publish(api: Client, differences: object = {}): Promise<string> {
  const { id } = await api.make<{ id: string }>('/v1/events', eventInput(differences));
  return id;
}

/** The deliveries of an event, once there are that many and each has come to its end. */
export function settledDeliveries(
  api: Client,
  eventId: string,
  count = 1,
): Promise<DeliveryView[]> {
  return until(`event ${eventId} has ${count} settled deliveries`, async () => {
    const path = `/v1/deliveries?eventId=${eventId}`;
    const { data } = (await api.get<PageView<DeliveryView>>(path)).body;
    return data.length >= count && data.every(isSettled) && data;
  });
}

function isSettled({ status }: DeliveryView): boolean {
  return status !== 'pending' && status !== 'sending' && status !== 'retrying';
}
