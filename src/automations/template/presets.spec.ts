import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { compileTemplate, renderTemplate, toTemplateContext } from './index.js';
import { type Data, render } from './rendering.fixture.js';

// Specs run compiled, four folders below the repository.
const preset = (name: string): string =>
  readFileSync(new URL(`../../../../templates/${name}`, import.meta.url), 'utf8');

const context = (more: Data = {}): Data => ({
  event: {
    id: 'evt',
    type: 'user.updated',
    occurredAt: '2026-01-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:01.000Z',
  },
  data: { name: 'Jane' },
  changes: null,
  actor: null,
  webhook: { id: 'hook', name: 'Roster' },
  automation: null,
  workspace: { id: 'ws', name: '1st Company' },
  delivery: { id: 'dlv' },
  now: '2026-01-01T00:00:02.000Z',
  ...more,
});

describe('the default payload', () => {
  it('has exactly its six fields, in order', () => {
    const body = render(
      preset('default.json.twig'),
      context({ changes: { name: { old: 'J', new: 'Jane' } } }),
    );
    expect(JSON.stringify(body)).toBe(
      '{"event":"user.updated","created":"2026-01-01T00:00:01.000Z","request_id":"dlv","trace_id":"evt",' +
        '"data":{"name":"Jane"},"changes":{"name":{"old":"J","new":"Jane"}}}',
    );
  });

  it('says null when nothing changed', () => {
    expect(render(preset('default.json.twig'), context())).toMatchObject({ changes: null });
  });
});

interface Embed {
  title: string;
  description: string;
  fields: { name: string; value: string; inline: boolean }[];
  footer: { text: string };
}

interface Message {
  content: string;
  embeds: [Embed];
}

const discord = (more: Data): Message => {
  const compiled = compileTemplate(preset('discord.json.twig'));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  const rendered = renderTemplate(compiled.template, toTemplateContext(context(more)));
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.fault));
  const message: Message = JSON.parse(rendered.body);
  return message;
};

const length = (text: string): number => Array.from(text).length;

describe('the Discord preset', () => {
  it('shows what changed', () => {
    const changes = { rank: { old: 'CPL', new: 'SGT' }, unit: { old: null, new: null } };
    const [embed] = discord({ changes }).embeds;
    expect(embed.title).toBe('User updated');
    expect(embed.fields).toEqual([
      { name: 'rank', value: 'CPL → SGT', inline: true },
      { name: 'unit', value: '–', inline: true },
    ]);
  });

  it.each([null, {}])('shows the data when what changed is %j', (changes) => {
    const [embed] = discord({ changes }).embeds;
    expect(embed.fields).toEqual([{ name: 'name', value: 'Jane', inline: true }]);
  });

  it('names the automation, or else the webhook, and mentions nobody', () => {
    expect(discord({})).toMatchObject({ content: 'Roster', allowed_mentions: { parse: [] } });
    expect(discord({ automation: { id: 'a', name: 'Greet' } })).toMatchObject({ content: 'Greet' });
  });

  it('stays within the limits of Discord for any event', () => {
    const long = fc
      .tuple(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
        fc.constantFrom(1, 300, 1100, 5000),
      )
      .map(([text, times]) => text.repeat(times));
    const value = fc.oneof(long, fc.jsonValue({ maxDepth: 2 }));
    const change = fc.record({ old: value, new: value });
    const more = fc.record({
      data: fc.dictionary(fc.oneof(fc.string(), long), value, { maxKeys: 40 }),
      changes: fc.option(fc.dictionary(fc.string(), change, { maxKeys: 40 })),
      event: fc.record({ type: long, occurredAt: fc.constant('2026-01-01T00:00:00.000Z') }),
    });
    fc.assert(
      fc.property(more, (given) => {
        const { content, embeds } = discord(JSON.parse(JSON.stringify(given)));
        const [{ title, description, fields, footer }] = embeds;
        const texts = [
          title,
          description,
          footer.text,
          ...fields.flatMap((f) => [f.name, f.value]),
        ];
        const total = texts.reduce((sum, text) => sum + length(text), 0);
        expect(length(content) <= 2000 && length(title) <= 256 && total <= 6000).toBe(true);
        expect(fields.length).toBeLessThanOrEqual(25);
        expect(fields.filter((f) => length(f.name) > 256 || length(f.value) > 1024)).toEqual([]);
        expect(fields.filter((f) => !f.name.trim() || !f.value.trim())).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
