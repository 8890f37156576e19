import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/index.js';

/** An event as it is published. */
export interface DemoEvent {
  type: string;
  data: Record<string, unknown>;
  /** The producer's own id: published again, it gives the same event. */
  id?: string;
}

/** A webhook, perhaps with an automation, and what the two should do said once more in TypeScript. */
export interface DemoRule {
  /** For `POST /v1/webhooks`. Its name is also its path at the receiver. */
  webhook: { name: string; secret: string; method?: 'GET'; events?: string[] };
  /** For `POST /v1/automations`. Without one, the webhook's own `events` get the default payload. */
  automation?: { triggers: string[]; condition: object; template: string };
  /** Whether it listens to events of this type. */
  hears: (type: string) => boolean;
  /** Whether the condition holds; without this it always does. */
  holds?: (event: DemoEvent) => boolean;
}

export const rules: readonly DemoRule[] = [
  {
    webhook: {
      name: 'everything',
      secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      events: ['*'],
    },
    hears: () => true,
  },
  {
    // Called with GET: the payload becomes query parameters.
    webhook: {
      name: 'calendars',
      secret: 'whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=',
      method: 'GET',
      events: ['calendar.*'],
    },
    hears: (type) => type.startsWith('calendar.'),
  },
  {
    // High promotions only, as a message that Discord would take.
    webhook: { name: 'discord', secret: 'whsec_YWFhYWJiYmJjY2NjZGRkZGVlZWVmZmZmMDAwMDExMTE=' },
    automation: {
      triggers: ['rankrecord.created'],
      condition: { '>=': [{ var: 'data.points' }, 100] },
      template: readFileSync(join(packageRoot, 'templates', 'discord.json.twig'), 'utf8'),
    },
    hears: (type) => type === 'rankrecord.created',
    holds: ({ data }) => Number(data.points) >= 100,
  },
  {
    // A secret may be any text. The event type is our own, see below.
    webhook: { name: 'orders', secret: 'correct horse battery staple', events: ['order.paid'] },
    hears: (type) => type === 'order.paid',
  },
];

/** For `POST /v1/event-types`: from then on, `data` of this type must meet the schema. */
export const orderPaid = {
  name: 'order.paid',
  group: 'Orders',
  description: 'An order was paid in full.',
  example: { data: { id: 1, total: 9.5 } },
  schema: {
    type: 'object',
    required: ['id', 'total'],
    properties: { id: { type: 'integer' }, total: { type: 'number', minimum: 0 } },
  },
};

export const badOrder: DemoEvent = { type: 'order.paid', data: { id: 4712, total: 'free' } };

/** The recorded events of examples/events.jsonl, and an order. */
export function readEvents(): DemoEvent[] {
  const text = readFileSync(join(packageRoot, 'examples', 'events.jsonl'), 'utf8');
  const recorded = text.trimEnd().split('\n');
  const order: DemoEvent = { type: 'order.paid', data: { id: 4711, total: 99.9 } };
  return [...recorded.map((line) => JSON.parse(line) as DemoEvent), order];
}
