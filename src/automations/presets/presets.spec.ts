import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { BUILT_IN_EVENT_TYPES } from '../../event-bus/catalogue/index.js';
import type { JsonValue } from '../../json.js';
import { PRESETS } from './presets.js';
import { eventData, message, send } from './presets.fixture.js';
import { RECEIVERS } from './receivers.fixture.js';
import type { Data } from '../template/rendering.fixture.js';

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const names = PRESETS.map(({ name }) => name);

/** What the receiver's documents say against what a preset sends. */
const objections = (name: string, more: Data): unknown => {
  const { schema, mostBytes } = RECEIVERS[name] ?? {};
  const { body } = send(name, more);
  const isValid = ajv.validate(schema ?? false, JSON.parse(body));
  if (!isValid) return ajv.errors;
  return Buffer.byteLength(body) <= (mostBytes ?? 256 * 1024) ? [] : `${body.length} characters`;
};

const examples = BUILT_IN_EVENT_TYPES.map(({ name: type, example }): [string, Data] => [
  type,
  {
    event: { ...(eventData().event as object), type },
    data: JSON.parse(JSON.stringify(example.data)),
    changes: JSON.parse(JSON.stringify(example.changes ?? null)),
    actor: JSON.parse(JSON.stringify(example.actor ?? null)),
  },
]);

const repeated = (text: string, times: number): string => text.repeat(times);
const fields = (count: number, value: JsonValue): Data =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`field ${i}`, value]));
const changed = (count: number, value: JsonValue): Data =>
  fields(count, { old: value, new: value });

/** White space of Unicode, longer than any cut: a receiver takes it for an empty text. */
const wide = repeated('\u2000\u00a0\u3000', 2000);

const hostile: [string, Data][] = [
  ['no data', { data: {} }],
  ['no changes in changes', { changes: {} }],
  ['nulls', { data: { a: null, description: null }, changes: { a: { old: null, new: null } } }],
  ['a huge text', { data: { description: repeated('x', 250_000), name: repeated('y', 10) } }],
  ['huge markup', { data: { description: repeated('<&>', 40_000), '<!here>': '<!channel>' } }],
  ['emoji', { data: fields(100, repeated('👩‍👩‍👧', 100)), automation: { name: repeated('😀', 100) } }],
  ['control characters', { data: fields(40, repeated('\u0001', 1000)) }],
  ['lone surrogates', { data: fields(40, repeated('\ud800', 1000)) }],
  ['10,000 items', { data: { items: Array.from({ length: 10_000 }, (_, i) => i) } }],
  ['10,000 fields', { data: fields(10_000, 'x') }],
  ['5,000 changes', { changes: changed(5_000, 1) }],
  ['long changes', { changes: changed(20, repeated('"', 2000)) }],
  ['deep data', { data: JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`) as Data }],
  ['blank names', { data: { '': '', ' ': ' ', '\n': '\n' } }],
  ['white space', { data: { a: wide, [wide]: 1, message: wide }, actor: { id: wide } }],
  ['white space that changed', { changes: { [wide]: { old: wide, new: ' ' } } }],
  ['names of objects', { data: JSON.parse('{"__proto__": {"a": 1}, "constructor": "x"}') as Data }],
  ['a type of dots', { event: { ...(eventData().event as object), type: '...' } }],
  ['next to nothing', { event: { id: 'e', type: 't' }, webhook: null, workspace: null }],
];

describe.each(names)('the preset %s', (name) => {
  it.each(examples)('sends what its receiver takes for %s', (_type, more) => {
    expect(objections(name, more)).toEqual([]);
  });

  it.each(hostile)('sends what its receiver takes for %s', (_what, more) => {
    expect(objections(name, more)).toEqual([]);
  });

  it('sends what its receiver takes for any event', () => {
    fc.assert(
      fc.property(anyEvent, (more) => {
        expect(objections(name, more)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('sends JSON', () => {
    expect(send(name).contentType).toBe('application/json');
  });
});

/** No larger one is taken: of the 256 KiB a part is for what every event has besides. */
const MOST_EVENT_BYTES = 250 * 1024;
const long = fc
  .tuple(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
    fc.constantFrom(1, 300, 1100, 5000),
  )
  .map(([text, times]) => text.repeat(times).slice(0, 6000));
const value = fc.oneof(long, fc.jsonValue({ maxDepth: 2 }));
const change = fc.record({ old: value, new: value });
const anyEvent = fc
  .record({
    data: fc.dictionary(fc.oneof(fc.string(), long), value, { maxKeys: 20 }),
    changes: fc.option(fc.dictionary(fc.string(), change, { maxKeys: 20 })),
    actor: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }))),
    event: fc.record({
      id: fc.uuid(),
      type: fc.stringMatching(/^[a-z]{1,80}\.[a-z]{1,80}$/),
      occurredAt: fc.constant('2026-01-01T00:00:00.000Z'),
      createdAt: fc.constant('2026-01-01T00:00:00.000Z'),
    }),
  })
  .map((event): Data => JSON.parse(JSON.stringify(event)))
  .filter((event) => Buffer.byteLength(JSON.stringify(event)) <= MOST_EVENT_BYTES);

describe('the default payload', () => {
  it('has exactly its six fields, in order', () => {
    const { body } = send('default', { changes: { name: { old: 'J', new: 'Jane' } } });
    expect(JSON.stringify(JSON.parse(body))).toBe(
      '{"event":"user.updated","created":"2026-01-01T00:00:01.000Z","request_id":"dlv","trace_id":"evt",' +
        '"data":{"name":"Jane"},"changes":{"name":{"old":"J","new":"Jane"}}}',
    );
  });
});

describe('the Discord preset', () => {
  interface Sent {
    content: string;
    embeds: [{ title: string; fields: { name: string; value: string; inline: boolean }[] }];
  }

  it('shows what changed', () => {
    const changes = { rank: { old: 'CPL', new: 'SGT' }, unit: { old: null, new: null } };
    const [embed] = (message('discord', { changes }) as Sent).embeds;
    expect(embed.title).toBe('User updated');
    expect(embed.fields).toEqual([
      { name: 'rank', value: 'CPL → SGT', inline: true },
      { name: 'unit', value: '–', inline: true },
    ]);
  });

  it.each([null, {}])('shows the data when what changed is %j', (changes) => {
    const [embed] = (message('discord', { changes }) as Sent).embeds;
    expect(embed.fields).toEqual([{ name: 'name', value: 'Jane', inline: true }]);
  });

  it('names the automation, or else the webhook, and mentions nobody', () => {
    expect(message('discord')).toMatchObject({
      content: 'Roster',
      allowed_mentions: { parse: [] },
    });
    const automation = { id: 'a', name: 'Greet' };
    expect(message('discord', { automation })).toMatchObject({ content: 'Greet' });
  });
});

const promotion = { rank: { old: 'CPL', new: 'SGT' } };

it('Slack: what changed, with its markup escaped', () => {
  const sent = message('slack', {
    data: { description: '<!channel> & <@U1>' },
    changes: promotion,
  }) as { blocks: object[] };
  expect(sent.blocks.slice(0, 3)).toEqual([
    { type: 'header', text: { type: 'plain_text', text: 'User updated' } },
    {
      type: 'section',
      text: { type: 'mrkdwn', verbatim: true, text: '&lt;!channel&gt; &amp; &lt;@U1&gt;' },
    },
    {
      type: 'section',
      fields: [{ type: 'mrkdwn', verbatim: true, text: '*rank*\nCPL → SGT' }],
    },
  ]);
});

it('Microsoft Teams: what changed, in texts that are no markup', () => {
  const { body } = send('microsoft-teams', { changes: promotion });
  expect(body).toContain('"text":"User updated"');
  expect(body).toContain('{"type":"TextRun","text":"CPL → SGT"}');
  expect(body).not.toContain('"TextBlock"');
});

it('Telegram: a text without markup', () => {
  const sent = message('telegram', { changes: promotion });
  const text = 'User updated\n\nrank: CPL → SGT\n\nRoster';
  expect(sent).toMatchObject({ text });
  expect(sent).not.toHaveProperty('parse_mode');
});

describe('the JSON record', () => {
  it('is flat, with safe names', () => {
    const data = { 'a.b/c': 1, 'a$b#c': [1, { x: null }], ok: true, none: null };
    expect(message('json-record', { data, changes: promotion, actor: { id: 7 } })).toEqual({
      id: 'evt',
      type: 'user.updated',
      occurredAt: '2026-01-01T00:00:00.000Z',
      workspace: '1st Company',
      actorId: 7,
      changed: 'rank',
      complete: true,
      data_a_b_c: 1,
      data_a_b_c_2: '[1,{"x":null}]',
      data_ok: true,
      data_none: null,
    });
  });

  it('says that something is missing', () => {
    const data = { text: 'x'.repeat(5000) };
    expect(message('json-record', { data })).toMatchObject({
      complete: false,
      data_text: 'x'.repeat(4000),
    });
  });
});

it('Zapier: the same fields whatever happened', () => {
  const without = message('zapier') as object;
  const withChanges = message('zapier', { changes: promotion, actor: { id: 7 } }) as object;
  expect(Object.keys(without)).toEqual(Object.keys(withChanges));
  expect(without).toMatchObject({ actor: {}, changes: [], automation: 'Roster' });
  expect(withChanges).toMatchObject({ changes: [{ field: 'rank', old: 'CPL', new: 'SGT' }] });
});
