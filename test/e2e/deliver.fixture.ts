import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

/** An attempt, as the API shows it. */
export interface AttemptBody {
  number: number;
  trigger: 'automatic' | 'manual';
  outcome: 'delivered' | 'rejected' | 'unreachable' | 'interrupted';
  startedAt: string;
  durationMs: number | null;
  requestMethod: string | null;
  requestUrl: string | null;
  requestHeaders: Record<string, string> | null;
  statusCode: number | null;
  responseHeaders: Record<string, string> | null;
  responseBody: string | null;
  error: { code: string; message: string } | null;
}

/** A delivery, as the API lists it. */
export interface DeliveryBody {
  id: string;
  eventId: string;
  eventType: string;
  automationId: string | null;
  webhookId: string;
  status: string;
  attemptCount: number;
  nextAttemptAt: string | null;
  lastStatusCode: number | null;
  lastError: { code: string; message: string; line?: number; column?: number } | null;
}

/** A delivery, as the API shows one. */
export interface DeliveryWithAttempts extends DeliveryBody {
  requestBody: string | null;
  contentType: string | null;
  attempts: AttemptBody[];
}

/** A page of a list. */
export interface PageBody<Row> {
  data: Row[];
  nextCursor: string | null;
}

/** A webhook, as the API shows a new one. */
export interface WebhookBody {
  id: string;
  secret: string;
  enabled: boolean;
  disabledReason: string | null;
  headers: Record<string, string>;
}

let names = 0;

/** The steps of a test, in the words of an admin and a producer of one workspace. */
export class Story {
  constructor(readonly api: Client) {}

  /** A webhook that gets the default payload of `user.created`, unless these fields say otherwise. */
  webhook(url: string, fields: object = {}): Promise<WebhookBody> {
    const name = `webhook ${++names}`;
    return this.api.make('/v1/webhooks', { name, url, events: ['user.created'], ...fields });
  }

  /** An automation on `user.created`, unless these fields say otherwise. */
  automation(webhookId: string, fields: object = {}): Promise<{ id: string }> {
    const name = `automation ${++names}`;
    const triggers = ['user.created'];
    return this.api.make('/v1/automations', { name, triggers, webhookId, ...fields });
  }

  /** Publishes a `user.created`, unless the type says otherwise. Answers the event's id. */
  async publish(data: object = {}, type = 'user.created'): Promise<string> {
    const { id } = await this.api.make<{ id: string }>('/v1/events', { type, data });
    return id;
  }

  /** The log, newest first. */
  async deliveries(query: Record<string, string> = {}): Promise<DeliveryBody[]> {
    return (await this.page(query)).data;
  }

  async page(query: Record<string, string>): Promise<PageBody<DeliveryBody>> {
    const path = `/v1/deliveries?${new URLSearchParams(query).toString()}`;
    const { status, body } = await this.api.get<PageBody<DeliveryBody>>(path);
    if (status === 200) return body;
    throw new Error(`${path} was answered ${status}: ${JSON.stringify(body)}`);
  }

  async delivery(id: string): Promise<DeliveryWithAttempts> {
    return (await this.api.get<DeliveryWithAttempts>(`/v1/deliveries/${id}`)).body;
  }

  /** The one delivery of an event once it has this status, after as many attempts as are named. */
  settled(eventId: string, status: string, attempts?: number): Promise<DeliveryWithAttempts> {
    return until(`the delivery of ${eventId} is ${status}`, async () => {
      const [found, ...others] = await this.deliveries({ eventId });
      if (!found || others.length > 0) return undefined;
      const delivery = await this.delivery(found.id);
      const isReached = attempts === undefined || delivery.attempts.length === attempts;
      return isReached && delivery.status === status && delivery;
    });
  }
}
