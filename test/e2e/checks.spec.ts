import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { checkView, contextView } from '../../src/automations/checks/check.dto.js';
import { packageRoot } from '../../src/config/index.js';
import { codeOf, fencesOf, rowsOf } from '../docs/markdown.js';
import type { ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';

type CheckView = z.infer<typeof checkView>;
type ContextView = z.infer<typeof contextView>;

let server: TestServer;

/** docs/editors.md, whose examples are run here. */
const document = readFileSync(join(packageRoot, 'docs', 'editors.md'), 'utf8');
const fences = fencesOf(document);
const shown = (info: string): string => fences.find((fence) => fence.info === info)?.text ?? '';
const ORDER: object = JSON.parse(shown('json event-type'));

beforeAll(async () => {
  server = await startTestServer();
  await server.api.make('/v1/event-types', ORDER);
  await server.api.make('/v1/event-types', {
    ...ORDER,
    name: 'order.refunded',
    schema: { properties: { reason: { type: 'string' } } },
    example: { data: {} },
  });
});
afterAll(() => server.stop());

const check = async (what: 'template' | 'condition', body: object): Promise<CheckView> => {
  const answer = await server.api.post<CheckView>(`/v1/${what}s/check`, body);
  expect(answer.status).toBe(200);
  return answer.body;
};

const contextOf = (name: string) => server.api.get<ContextView>(`/v1/event-types/${name}/context`);
const namesOf = (list: { name: string }[]) => list.map(({ name }) => name);

describe('the check of a template', () => {
  it('answers faults with their place', async () => {
    const found = await check('template', { template: '{"a": "{{ data.name|uper }}"}' });
    expect(found).toMatchObject({
      valid: false,
      faults: [{ path: 'template', code: 'unknown_filter', line: 1, column: expect.any(Number) }],
      warnings: [],
    });
    expect(found.faults[0]?.message).toContain('"upper"');
  });

  it('warns of names that no event has, and lists what is read', async () => {
    const template =
      '{"to": "{{ data.buyer.nmae }}",\n "n": {{ data.lines|length }}, "x": "{{ dta }}"}';
    expect(await check('template', { template, eventType: 'order.paid' })).toEqual({
      valid: true,
      faults: [],
      warnings: [
        {
          path: 'template',
          code: 'unknown_field',
          message: 'There is no "nmae" in data.buyer. Did you mean "data.buyer.name"?',
          line: 1,
          column: 23,
        },
        {
          path: 'template',
          code: 'unknown_field',
          message: 'There is no variable "dta" here. Did you mean "data"?',
          line: 2,
          column: 41,
        },
      ],
      variables: ['data.buyer.nmae', 'data.lines'],
    });
  });

  it('counts a field of any event type that the triggers name', async () => {
    const template = '{"a": "{{ data.reason }}{{ data.buyer.name }}{{ data.total }}"}';
    expect((await check('template', { template, triggers: ['order.*'] })).warnings).toEqual([]);
    const { warnings } = await check('template', { template, triggers: ['order.refunded'] });
    expect(warnings.map(({ message }) => message)).toEqual([
      'There is no "buyer" in data.',
      'There is no "total" in data.',
    ]);
  });

  it('knows the fields of built-in types by their example, and then warns of slips only', async () => {
    const template = '{"a": "{{ data.callsing }}{{ data.own_field }}"}';
    const { warnings } = await check('template', { template, triggers: ['user.*'] });
    expect(warnings.map(({ message }) => message)).toEqual([
      'There is no "callsing" in data. Did you mean "data.callsign"?',
    ]);
  });

  it('says nothing of data when it is not told what fires the rule', async () => {
    const template = '{"a": "{{ data.anything }}"}';
    expect(await check('template', { template })).toMatchObject({ valid: true, warnings: [] });
  });

  it.each(['json-text', 'json-tree', 'text', 'form'])('reads the format %s', async (format) => {
    const template = '{"to": "{{ data.buyer.nmae }}"}';
    const found = await check('template', {
      template,
      templateFormat: format,
      eventType: 'order.paid',
    });
    expect(found).toMatchObject({
      valid: true,
      warnings: [{ line: 1, column: 23 }],
      variables: ['data.buyer.nmae'],
    });
  });

  it('places a fault of the content type there', async () => {
    const draft = { template: 'x', templateFormat: 'text', contentType: 'no type' };
    const { faults } = await check('template', draft);
    expect(faults).toMatchObject([{ path: 'contentType' }]);
  });
});

describe('the check of a condition', () => {
  it('answers faults with their path', async () => {
    const condition = { and: [{ '=': [{ var: 'data.total' }, 3] }] };
    expect(await check('condition', { condition })).toMatchObject({
      valid: false,
      faults: [{ path: 'condition.and[0].=', code: 'unknown_operator' }],
    });
  });

  it('warns of names that no event has, and lists what is read', async () => {
    const condition = { '==': [{ var: 'data.buyr.name' }, 'Ada'] };
    const found = await check('condition', { condition, eventType: 'order.paid' });
    expect(found).toMatchObject({ valid: true, faults: [], variables: ['data.buyr.name'] });
    expect(found.warnings).toMatchObject([{ path: 'condition.==[0].var' }]);
    expect(found.warnings[0]?.message).toContain('buyer');
  });

  it.each([null, true, 5, 'text', [1], {}])('answers for %j too', async (condition) => {
    const { valid } = await check('condition', { condition });
    expect(valid).toBe(condition === null || condition === true);
  });
});

describe('docs/editors.md', () => {
  const requests = fences.flatMap(({ info, text, line }, index) => {
    const [, path] = /^json POST (.+)$/.exec(info) ?? [];
    return path ? [{ line, path, text, answer: fences[index + 1]?.text ?? '' }] : [];
  });
  const examples = rowsOf(document).map((row) => [codeOf(row['Example']), row['Warning']]);

  it('has examples', () => {
    expect(requests).toHaveLength(3);
    expect(examples).toHaveLength(9);
  });

  it.each(requests)('line $line: $path', async ({ path, text, answer }) => {
    const { status, body } = await server.api.post(path, JSON.parse(text));
    expect(status).toBe(200);
    expect(body).toMatchObject(JSON.parse(answer));
  });

  it.each(examples)('%s', async (template, warning) => {
    const draft = { template, templateFormat: 'text', eventType: 'order.paid' };
    const { faults, warnings } = await check('template', draft);
    expect(faults).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual(warning ? [warning] : []);
  });
});

describe('bad input of a check', () => {
  it.each([
    ['/v1/templates/check', {}, 'template'],
    ['/v1/templates/check', { template: 5 }, 'template'],
    ['/v1/templates/check', { template: 'x', templateFormat: 'xml' }, 'templateFormat'],
    ['/v1/templates/check', { template: 'x', eventTyp: 'a.b' }, 'eventTyp'],
    ['/v1/templates/check', { template: 'x', eventType: 'nobodys.type' }, 'eventType'],
    ['/v1/templates/check', { template: 'x', eventType: '*' }, 'eventType'],
    ['/v1/templates/check', { template: 'x', triggers: ['order.*', 'order.payd'] }, 'triggers[1]'],
    ['/v1/templates/check', { template: 'x', triggers: ['a b'] }, 'triggers[0]'],
    ['/v1/templates/check', { template: 'x', triggers: ['*'], eventType: 'order.paid' }, ''],
    ['/v1/conditions/check', {}, 'condition'],
    ['/v1/conditions/check', { condition: true, triggers: [] }, 'triggers'],
  ])('%s refuses %j at %j', async (path, body, at) => {
    const answer = await server.api.post<ProblemBody>(path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path: at }));
  });

  it('is answered by a fault where only the size is wrong', async () => {
    const template = 'x'.repeat(200_000);
    expect((await check('template', { template })).faults).toMatchObject([
      { path: 'template', code: 'template_too_large' },
    ]);
    const condition = { in: ['a', Array.from({ length: 900 }, () => 'y'.repeat(100))] };
    expect((await check('condition', { condition })).valid).toBe(false);
  });

  it('does not take the server along', async () => {
    const template = '{% for a in data %}'.repeat(100) + '{{ a.b }}' + '{% endfor %}'.repeat(100);
    const checks = Array.from({ length: 20 }, () =>
      check('template', { template, triggers: ['*'] }),
    );
    const alive = await server.api.get('/healthz');
    expect(alive.status).toBe(200);
    await Promise.all(checks);
  });
});

describe('the context of an event type', () => {
  it('has the fields with types and examples', async () => {
    const { status, body } = await contextOf('order.paid');
    expect(status).toBe(200);
    expect(body.eventType).toBe('order.paid');
    expect(body.fields.fields?.['data']).toEqual(JSON.parse(shown('json context data')));
    expect(body.fields.fields?.['now']?.type).toBe('time');
  });

  it('has all words of the two languages, each with a line of help', async () => {
    const { body } = await contextOf('user.created');
    expect(namesOf(body.tags)).toContain('for');
    expect(namesOf(body.filters)).toEqual(expect.arrayContaining(['json', 'upper', 'default']));
    expect(namesOf(body.functions)).toContain('range');
    expect(namesOf(body.tests)).toContain('defined');
    expect(namesOf(body.templateOperators)).toContain('??');
    expect(namesOf(body.conditionOperators)).toEqual(expect.arrayContaining(['==', 'changed']));
    for (const word of [...body.filters, ...body.conditionOperators]) {
      expect(word.help).toMatch(/\.$/);
      expect(word.signature).toContain(word.name);
    }
  });

  it('is there for built-in types and for those of the own workspace', async () => {
    expect((await contextOf('user.updated')).status).toBe(200);
    expect((await contextOf('nobodys.type')).status).toBe(404);
    const { api: other } = await server.newWorkspace();
    expect((await other.get('/v1/event-types/order.paid/context')).status).toBe(404);
    const found = await other.post<ProblemBody>('/v1/templates/check', {
      template: 'x',
      eventType: 'order.paid',
    });
    expect(found.body.errors).toMatchObject([{ path: 'eventType' }]);
    expect(found.body.detail).not.toContain('order.refunded');
  });

  it('survives fields that are called like parts of a prototype', async () => {
    await server.api.make('/v1/event-types', {
      ...ORDER,
      name: 'odd.names',
      schema: { additionalProperties: { type: 'string' }, properties: {} },
      example: { data: { toString: 'x', valueOf: 'y' } },
    });
    const template = '{"a": "{{ data.toString }}{{ data.valueOf.x }}{{ event.toString }}"}';
    const { warnings } = await check('template', { template, eventType: 'odd.names' });
    expect(warnings.map(({ message }) => message)).toEqual([
      'There is no "x" in data.valueOf: it is a text.',
      'There is no "toString" in event.',
    ]);
    const { body } = await contextOf('odd.names');
    expect(body.fields.fields?.['data']?.fields?.['valueOf']?.type).toBe('text');
    const condition: unknown = JSON.parse('{"__proto__": [1]}');
    const refused = await server.api.post('/v1/conditions/check', { condition });
    expect(refused.status).toBe(422);
  });
});

it('is for those who may manage automations', async () => {
  const { key } = await server.api.make<{ key: string }>('/v1/api-keys', {
    name: 'reader',
    scopes: ['read:logs'],
  });
  const reader = server.api.as(key);
  expect((await reader.get('/v1/event-types/user.created/context')).status).toBe(403);
  expect((await reader.post('/v1/templates/check', { template: 'x' })).status).toBe(403);
  expect((await server.api.as(undefined).post('/v1/conditions/check', {})).status).toBe(401);
});
