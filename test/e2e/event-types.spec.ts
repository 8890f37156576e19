import { isOperational } from '../../src/event-bus/catalogue/index.js';
import { makeAutomation, makeWebhook, publish, settledDeliveries } from '../support/builders.js';
import type { ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

interface TypeView {
  name: string;
  group: string;
  description: string;
  builtIn: boolean;
  example: { data: object };
  schema: object | null;
}

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const types = async () => (await server.api.get<{ data: TypeView[] }>('/v1/event-types')).body.data;

const orderType = (name: string, differences: object = {}) => ({
  name,
  description: 'An order was paid in full.',
  example: { data: { id: 4711, total: 12.5 } },
  ...differences,
});

const PAID_SCHEMA = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, lines: { type: 'array', items: { required: ['sku'] } } },
};

const LARGE_EXAMPLE = { data: { text: 'x'.repeat(17 * 1024) } };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the catalogue', () => {
  it('has 38 built-in types, each with group, description and an example', async () => {
    const builtIn = (await types()).filter((type) => type.builtIn);
    expect(builtIn).toHaveLength(38);
    for (const type of builtIn) {
      expect(type).toMatchObject({
        name: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/),
        group: expect.stringMatching(/./),
        description: expect.stringMatching(/\.$/),
      });
      expect(type.schema !== null).toBe(isOperational(type.name));
      expect(Object.keys(type.example.data).length).toBeGreaterThan(0);
    }
  });

  it('takes the example of every type as an event, save those that Bugle alone may publish', async () => {
    const examples = (await types()).map(({ name, example }) => ({ type: name, ...example }));
    const answer = await server.api.post<{ results: object[] }>('/v1/events/batch', {
      events: examples,
    });
    expect(answer.status).toBe(202);
    answer.body.results.forEach((result, index) => {
      const { type } = examples[index] ?? { type: '' };
      const refused = { error: { status: 422, errors: [{ code: 'reserved_event_type' }] } };
      expect(result).toMatchObject(isOperational(type) ? refused : { duplicate: false });
    });
  });

  it('lets nobody make an operational type their own, even where unknown types are accepted', async () => {
    const { api } = await server.newWorkspace({ acceptUnknownTypes: true });
    for (const type of (await types()).filter(({ name }) => isOperational(name))) {
      const { name, description, example } = type;
      const made = await api.post('/v1/event-types', { name, description, example });
      expect(made).toMatchObject({ status: 409, body: { code: 'name_taken' } });
      const published = await api.post('/v1/events', { type: name, ...example });
      expect(published).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'type', code: 'reserved_event_type' }] },
      });
    }
  });
});

describe('a type of my own', () => {
  it('is listed, triggers automations, and its events are delivered', async () => {
    const made = await server.api.post('/v1/event-types', orderType('order.paid'));
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'order.paid', group: 'Custom', builtIn: false, schema: null },
    });
    expect((await types()).map(({ name }) => name)).toContain('order.paid');

    const webhook = await makeWebhook(server.api, { url: receiver.url });
    await makeAutomation(server.api, { webhookId: webhook.id, triggers: ['order.paid'] });
    const id = await publish(server.api, { type: 'order.paid', data: { id: 1 } });
    const [delivery] = await settledDeliveries(server.api, id);
    expect(delivery).toMatchObject({ status: 'delivered', eventType: 'order.paid' });
  });

  it('checks data against its schema, with the path of the fault', async () => {
    await server.api.make('/v1/event-types', orderType('order.checked', { schema: PAID_SCHEMA }));
    const say = (data: object) =>
      server.api.post<ProblemBody>('/v1/events', { type: 'order.checked', data });

    expect(await say({ id: 1, lines: [{ sku: 'x' }] })).toMatchObject({ status: 202 });
    const missing = await say({});
    expect(missing).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'data.id', code: 'schema_violation' }] },
    });
    const wrong = await say({ id: 'one' });
    expect(wrong.body.errors).toMatchObject([{ path: 'data.id', code: 'schema_violation' }]);
    const nested = await say({ id: 1, lines: [{ sku: 'x' }, {}] });
    expect(nested.body.errors).toMatchObject([{ path: 'data.lines[1].sku' }]);
  });

  it('refuses data that takes too long to check, and no other event of a batch for it', async () => {
    const schema = { properties: { list: { items: { enum: numbers(200) } } } };
    await server.api.make('/v1/event-types', orderType('order.costly', { schema }));
    const answer = await server.api.post<{ results: object[] }>('/v1/events/batch', {
      events: [[1, 199], Array(5_000).fill(199), []].map((list) => ({
        type: 'order.costly',
        data: { list },
      })),
    });
    expect(answer.body.results).toMatchObject([
      { duplicate: false },
      { error: { errors: [{ path: 'events[1].data', code: 'data_too_costly' }] } },
      { duplicate: false },
    ]);
  });

  it('uses a new schema from the next event on, in every process', async () => {
    await server.api.make('/v1/event-types', orderType('order.edited', { schema: PAID_SCHEMA }));
    await server.api.make('/v1/events', { type: 'order.edited', data: { id: 1 } });
    const edited = await server.api.patch('/v1/event-types/order.edited', {
      schema: { required: ['total'] },
    });
    expect(edited).toMatchObject({ status: 200, body: { schema: { required: ['total'] } } });
    const refused = await server.api.post('/v1/events', { type: 'order.edited', data: { id: 1 } });
    expect(refused.status).toBe(422);
    await server.api.patch('/v1/event-types/order.edited', { schema: null });
    await server.api.make('/v1/events', { type: 'order.edited', data: {} });
  });

  it('can be deleted; its events stay', async () => {
    await server.api.make('/v1/event-types', orderType('order.gone'));
    const id = await publish(server.api, { type: 'order.gone' });
    expect((await server.api.delete('/v1/event-types/order.gone')).status).toBe(204);
    const refused = await server.api.post('/v1/events', { type: 'order.gone', data: {} });
    expect(refused).toMatchObject({ body: { errors: [{ code: 'unknown_event_type' }] } });
    expect((await server.api.get(`/v1/events/${id}`)).body).toMatchObject({ type: 'order.gone' });
  });

  it('cannot have the name of another, built-in or own', async () => {
    await server.api.make('/v1/event-types', orderType('order.once'));
    for (const name of ['user.created', 'order.once']) {
      const answer = await server.api.post('/v1/event-types', orderType(name));
      expect(answer).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    }
  });

  it('can be one of a thousand, and no more', async () => {
    const { api, id } = await server.newWorkspace();
    await server.query(
      `INSERT INTO event_types (id, workspace_id, name, "group", description, example)
       SELECT gen_random_uuid(), $1, 'bulk.n' || n, 'Custom', 'x', '{"data": {}}' FROM generate_series(1, 999) n`,
      [id],
    );
    expect((await api.post('/v1/event-types', orderType('order.last'))).status).toBe(201);
    const refused = await api.post('/v1/event-types', orderType('order.over'));
    expect(refused).toMatchObject({ status: 409, body: { code: 'too_many_event_types' } });
  });

  it('of the built-in ones cannot be edited or deleted', async () => {
    const edited = await server.api.patch('/v1/event-types/user.created', { group: 'Mine' });
    const deleted = await server.api.delete('/v1/event-types/user.created');
    for (const answer of [edited, deleted]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(JSON.stringify(answer.body)).toContain('built in');
    }
  });

  it.each([
    ['a name in capitals', { name: 'Order.Paid' }, 'name', 'invalid_value'],
    ['a name of one word', { name: 'order' }, 'name', 'invalid_value'],
    ['no description', { description: undefined }, 'description', 'required'],
    ['no example', { example: undefined }, 'example', 'required'],
    ['an example without data', { example: {} }, 'example.data', 'required'],
    [
      'a schema with a pattern',
      { schema: { pattern: '(a+)+$' } },
      'schema.pattern',
      'unsupported_keyword',
    ],
    [
      'a schema with a reference inside',
      { schema: { properties: { a: { $ref: '#' } } } },
      'schema.properties.a.$ref',
      'unsupported_keyword',
    ],
    ['a schema that is none', { schema: { type: 'integr' } }, 'schema', 'invalid_schema'],
    [
      'a schema of more than 32 KiB',
      { schema: { description: 'x'.repeat(33 * 1024) } },
      'schema',
      'schema_too_large',
    ],
    [
      'an enum of 201 values',
      { schema: { enum: numbers(201) } },
      'schema.enum',
      'schema_too_large',
    ],
    ['an example of more than 16 KiB', { example: LARGE_EXAMPLE }, 'example', 'invalid_value'],
  ])('is refused with %s', async (_, differences, path, code) => {
    const answer = await server.api.post('/v1/event-types', orderType('order.bad', differences));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path, code }] } });
    expect((await types()).map(({ name }) => name)).not.toContain('order.bad');
  });
});

describe('an unknown type', () => {
  it('is refused, with the nearest name', async () => {
    const answer = await server.api.post<ProblemBody>('/v1/events', {
      type: 'user.craeted',
      data: {},
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path: 'type', code: 'unknown_event_type' }] },
    });
    expect(answer.body.errors?.[0]?.message).toContain('did you mean "user.created"?');
  });

  it('is accepted when the workspace says so, if it is well formed', async () => {
    const { api } = await server.newWorkspace();
    const say = (type: string) => api.post('/v1/events', { type, data: {} });
    expect((await say('shop.sold')).status).toBe(422);
    await api.patch('/v1/workspace', { acceptUnknownTypes: true });
    expect((await say('shop.sold')).status).toBe(202);
    expect(await say('Shop Sold')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'type' }] },
    });
    const automation = await makeAutomation(api, { triggers: ['shop.sold'] });
    expect(automation.triggers).toEqual(['shop.sold']);
    await api.patch('/v1/workspace', { acceptUnknownTypes: false });
    expect((await say('shop.sold')).status).toBe(422);
  });
});
