import type { SchemaObject } from 'ajv';

/** What a receiver takes, as its documents say. Lengths are characters. */
export interface Receiver {
  schema: SchemaObject;
  /** The largest body it takes. */
  mostBytes?: number;
}

const text = (maxLength: number): SchemaObject => ({
  type: 'string',
  minLength: 1,
  maxLength,
  pattern: '\\S',
});
const objectOf = (
  properties: Record<string, SchemaObject>,
  optional: string[] = [],
): SchemaObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const listOf = (items: SchemaObject, minItems: number, maxItems: number): SchemaObject => ({
  type: 'array',
  items,
  minItems,
  maxItems,
});
const is = (value: string | boolean | null): SchemaObject => ({ const: value });
const anything: SchemaObject = {};

// https://docs.slack.dev/reference/block-kit/blocks. A text with & < > in it that is not escaped would be markup.
const slackMarkup = (maxLength: number): SchemaObject =>
  objectOf({
    type: is('mrkdwn'),
    verbatim: is(true),
    text: { type: 'string', minLength: 1, maxLength, not: { pattern: '[<>]' } },
  });
const slackPlain = (maxLength: number): SchemaObject =>
  objectOf({ type: is('plain_text'), text: text(maxLength) });
const slack = objectOf({
  text: { ...text(4000), not: { pattern: '[<>]' } },
  unfurl_links: is(false),
  unfurl_media: is(false),
  blocks: listOf(
    {
      oneOf: [
        objectOf({ type: is('header'), text: slackPlain(150) }),
        objectOf({ type: is('section'), text: slackMarkup(3000) }),
        objectOf({ type: is('section'), fields: listOf(slackMarkup(2000), 1, 10) }),
        objectOf({ type: is('context'), elements: listOf(slackPlain(3000), 1, 10) }),
      ],
    },
    1,
    50,
  ),
});

// https://discord.com/developers/docs/resources/message#embed-object-embed-limits
const discord = objectOf({
  username: text(80),
  content: text(2000),
  allowed_mentions: objectOf({ parse: listOf({ type: 'string' }, 0, 0) }),
  embeds: listOf(
    objectOf({
      title: text(256),
      description: { type: 'string', maxLength: 4096 },
      color: { type: 'integer', minimum: 0, maximum: 0xffffff },
      fields: listOf(
        objectOf({ name: text(256), value: text(1024), inline: { type: 'boolean' } }),
        0,
        25,
      ),
      footer: objectOf({ text: text(2048) }),
      timestamp: { type: ['string', 'null'] },
    }),
    1,
    10,
  ),
});

// https://adaptivecards.io/schemas/adaptive-card.json. A TextRun has no markup, unlike a TextBlock.
const textRun = objectOf(
  {
    type: is('TextRun'),
    size: { enum: ['small', 'default', 'medium', 'large', 'extraLarge'] },
    weight: { enum: ['lighter', 'default', 'bolder'] },
    isSubtle: { type: 'boolean' },
    text: text(28_000),
  },
  ['size', 'weight', 'isSubtle'],
);
const richTextBlock = objectOf(
  {
    type: is('RichTextBlock'),
    spacing: { enum: ['none', 'small', 'default', 'medium', 'large'] },
    separator: { type: 'boolean' },
    inlines: listOf(textRun, 1, 100),
  },
  ['spacing', 'separator'],
);
const teams = objectOf({
  type: is('message'),
  attachments: listOf(
    objectOf({
      contentType: is('application/vnd.microsoft.card.adaptive'),
      contentUrl: is(null),
      content: objectOf({
        $schema: is('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: is('AdaptiveCard'),
        version: is('1.4'),
        body: listOf(richTextBlock, 1, 100),
      }),
    }),
    1,
    1,
  ),
});

// https://core.telegram.org/bots/api#sendmessage. Telegram counts UTF-16 units, a schema characters: hence the half.
const telegram = objectOf({
  chat_id: { type: 'string', pattern: '^(@\\w+|-?\\d+)$' },
  text: text(4096 / 2),
  link_preview_options: objectOf({ is_disabled: is(true) }),
});

// https://firebase.google.com/docs/database/web/structure-data: what a name must not hold.
const scalar: SchemaObject = { type: ['string', 'number', 'boolean', 'null'] };
const record: SchemaObject = {
  ...objectOf({
    id: text(100),
    type: { type: 'string' },
    occurredAt: scalar,
    workspace: scalar,
    actorId: scalar,
    changed: { type: 'string' },
    complete: { type: 'boolean' },
  }),
  // oxlint-disable-next-line no-control-regex -- they are what it forbids
  propertyNames: { pattern: '^[^.$#\\[\\]/\\u0000-\\u001f]{1,700}$' },
  additionalProperties: scalar,
};

const zapier = objectOf({
  id: text(100),
  type: { type: 'string' },
  occurred_at: { type: ['string', 'null'] },
  workspace: { type: 'string' },
  automation: { type: 'string' },
  actor: anything,
  data: { type: 'object' },
  changes: listOf(objectOf({ field: { type: 'string' }, old: anything, new: anything }), 0, 60),
});

const defaultPayload = objectOf({
  event: { type: 'string' },
  created: { type: ['string', 'null'] },
  request_id: { type: 'string' },
  trace_id: { type: 'string' },
  data: { type: 'object' },
  changes: anything,
});

/** Who reads what each preset sends. */
export const RECEIVERS: Readonly<Record<string, Receiver>> = {
  default: { schema: defaultPayload },
  slack: { schema: slack },
  discord: { schema: discord },
  'microsoft-teams': { schema: teams, mostBytes: 28 * 1024 },
  telegram: { schema: telegram },
  'json-record': { schema: record },
  zapier: { schema: zapier, mostBytes: 10 * 1024 * 1024 },
};
