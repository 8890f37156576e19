import {
  eventInput,
  makeAutomation,
  makeWebhook,
  type PageView,
  publish,
  uniqueName,
} from '../support/builders.js';
import type { Client, ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer, type TestWorkspace } from '../support/server.js';
import { until } from '../support/until.js';

interface Row {
  id: string;
}

let server: TestServer;
let mine: TestWorkspace;
const ROWS = 7;
const LISTS = ['webhooks', 'automations', 'api-keys', 'events', 'deliveries', 'jobs'];

beforeAll(async () => {
  // Its webhooks lead nowhere: it is not about what Bugle says of that.
  server = await startTestServer({ BUGLE_BREAKER_FAILURES: '0' });
  mine = await server.newWorkspace();
  await fill(mine.api);
});
afterAll(() => server.stop());

/** Seven rows on every list; the events and their deliveries are made at once, in one batch. */
async function fill(api: Client): Promise<void> {
  const { id: webhookId } = await makeWebhook(api, { events: ['*'], enabled: true });
  for (let row = 1; row < ROWS; row++) {
    await makeWebhook(api);
    await api.make('/v1/api-keys', { name: uniqueName('key'), scopes: ['read:logs'] });
  }
  for (let row = 0; row < ROWS; row++)
    await makeAutomation(api, { webhookId, triggers: ['user.deleted'] });
  for (let limit = 1; limit <= ROWS; limit++)
    await api.make('/v1/deliveries/recover', { webhookId, since: new Date().toISOString(), limit });
  await api.make('/v1/events/batch', { events: Array.from({ length: ROWS }, () => eventInput()) });
  await until('every event has its delivery', async () => {
    const { body } = await api.get<PageView<Row>>('/v1/deliveries');
    return body.data.length === ROWS;
  });
}

const page = (list: string, query = '', api = mine.api) =>
  api.get<PageView<Row>>(`/v1/${list}?${query}`);

/** All pages of a list, one after the other. */
async function walk(list: string, limit: number): Promise<Row[][]> {
  const pages: Row[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const answer = await page(list, `limit=${limit}${cursor && `&cursor=${cursor}`}`);
    expect(answer.status).toBe(200);
    pages.push(answer.body.data);
    cursor = answer.body.nextCursor;
  }
  return pages;
}

describe.each(LISTS)('the list of %s', (list) => {
  it.each([1, 2, 3, 6, 7, 100])('is walked row by row exactly once, %i a page', async (limit) => {
    const pages = await walk(list, limit);
    const ids = pages.flat().map(({ id }) => id);
    expect(ids).toHaveLength(ROWS);
    expect(new Set(ids).size).toBe(ROWS);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(pages.map((rows) => rows.length)).toEqual(
      Array.from({ length: Math.ceil(ROWS / limit) }, (_, n) => Math.min(limit, ROWS - n * limit)),
    );
  });

  it('takes 1 to 100 rows a page, 25 when nothing is said', async () => {
    for (const limit of ['0', '101', '-1', 'x', '1.5', ''])
      expect((await page(list, `limit=${limit}`)).status).toBe(422);
    for (const limit of ['1', '100']) expect((await page(list, `limit=${limit}`)).status).toBe(200);
  });

  it('refuses a cursor that was tampered with', async () => {
    const { nextCursor } = (await page(list, 'limit=2')).body;
    const bytes = Buffer.from(nextCursor ?? '', 'base64url');
    for (const at of bytes.keys()) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      const answer = await page(list, `cursor=${altered.toString('base64url')}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    }
    for (const cursor of [
      nextCursor?.slice(0, -4),
      `${nextCursor}AAAA`,
      'A',
      bytes.toString('hex'),
    ])
      expect((await page(list, `cursor=${cursor}`)).status).toBe(400);
  });

  it('refuses a cursor of another list or another workspace', async () => {
    const { nextCursor } = (await page(list, 'limit=2')).body;
    for (const other of LISTS) {
      const { status } = await page(other, `cursor=${nextCursor}`);
      expect(status).toBe(other === list ? 200 : 400);
    }
    expect(await page(list, `cursor=${nextCursor}`, server.api)).toMatchObject({
      status: 400,
      body: { code: 'invalid_cursor' },
    });
  });
});

describe('a walk', () => {
  it('is not disturbed by rows that are made meanwhile', async () => {
    const first = await page('events', 'limit=4');
    await publish(mine.api, { type: 'user.updated' });
    const second = await page('events', `limit=4&cursor=${first.body.nextCursor}`);
    const ids = [...first.body.data, ...second.body.data].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ROWS);
    expect(second.body.nextCursor).toBeNull();
  });

  it('keeps to its filter', async () => {
    const list = await page('events', 'type=user.updated');
    expect(list.body).toMatchObject({ data: [{ type: 'user.updated' }], nextCursor: null });
    const none = await page('events', 'until=2020-01-01T00:00:00Z');
    expect(none.body).toEqual({ data: [], nextCursor: null });
    const all = await page('events', 'since=2020-01-01T00:00:00Z&limit=100');
    expect(all.body.data).toHaveLength(ROWS + 1);
  });
});

describe('the list of workspaces', () => {
  it('is walked in the same way', async () => {
    const pages = await server.api.get<PageView<Row>>('/v1/workspaces?limit=1');
    const rest = await server.api.get<PageView<Row>>(
      `/v1/workspaces?limit=1&cursor=${pages.body.nextCursor}`,
    );
    expect(pages.body.data).toMatchObject([{ id: mine.id }]);
    expect(rest.body).toMatchObject({ data: [{ name: 'default' }], nextCursor: null });
  });
});

it('of deliveries is empty for an event id from the end of time', async () => {
  const { status, body } = await server.api.get(
    '/v1/deliveries?eventId=ffffffff-ffff-7fff-bfff-ffffffffffff',
  );
  expect({ status, body }).toEqual({ status: 200, body: { data: [], nextCursor: null } });
});

const found = (query: string) =>
  server.api.get<ProblemBody & PageView<object>>(`/v1/deliveries?${query}`);

describe('the list of deliveries', () => {
  it('names the error code that is nearest to one that there is not', async () => {
    const { status, body } = await found('errorCode=conection_refused');
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: 'errorCode', code: 'invalid_value' }]);
    expect(body.detail).toContain('did you mean "connection_refused"?');
  });

  it.each(['errorCode=rejected', 'errorCode=interrupted', 'errorCode=template_error'])(
    'may be asked for %s, whatever there is',
    async (query) => {
      expect(await found(query)).toMatchObject({ status: 200, body: { data: [] } });
    },
  );

  it('may be asked for an event type that is gone: its deliveries are still there', async () => {
    expect(await found('eventType=long.gone')).toMatchObject({ status: 200, body: { data: [] } });
  });
});
