import {
  eventInput,
  makeWebhook,
  type PageView,
  publish,
  settledDeliveries,
} from '../support/builders.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer, type TestWorkspace } from '../support/server.js';

interface PublishedView {
  id: string;
  duplicate: boolean;
}

interface BatchView {
  accepted: number;
  refused: number;
  results: Partial<PublishedView>[];
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

/** A workspace in which every event makes one delivery. */
async function listeningWorkspace(): Promise<TestWorkspace> {
  const workspace = await server.newWorkspace();
  await makeWebhook(workspace.api, { url: receiver.url, events: ['*'] });
  return workspace;
}

describe('202', () => {
  it('means that the row is there', async () => {
    const answer = await server.api.post<PublishedView>('/v1/events', eventInput());
    expect(answer).toMatchObject({ status: 202, body: { duplicate: false } });
    const rows = await server.query('SELECT type, data FROM events WHERE id = $1', [
      answer.body.id,
    ]);
    expect(rows).toEqual([{ type: 'user.created', data: eventInput().data }]);
  });

  it('keeps everything that was said', async () => {
    const said = {
      type: 'rankrecord.updated',
      data: {
        id: 1,
        text: 'Größe 😀   "quoted" \\ / \u007f',
        deep: { list: [1, [2, { a: null }]] },
      },
      changes: { rank: { old: null, new: { id: 4 } } },
      actor: { id: 2, name: 'Grace' },
      occurredAt: '2026-01-02T03:04:05.678+02:00',
      id: 'crm-4711',
    };
    const id = await publish(server.api, said);
    const { body } = await server.api.get(`/v1/events/${id}`);
    expect(body).toMatchObject({
      ...said,
      id,
      occurredAt: '2026-01-02T01:04:05.678Z',
      sourceId: 'crm-4711',
      test: false,
    });
  });

  it('keeps the order of keys, all the way to the receiver', async () => {
    const { api } = await listeningWorkspace();
    const data = '{"zulu":1,"alpha":{"y":1,"x":[{"b":1,"a":2}]},"10":"ten","mike":null}';
    const answer = await api.send<PublishedView>('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"type":"user.created","data":${data}}`,
    });
    const [delivery] = await settledDeliveries(api, answer.body.id);
    const request = receiver.requests.find((r) => r.headers['webhook-id'] === delivery?.id);
    // JSON.parse moves names that are whole numbers to the front; all others stay where they were.
    expect(request?.body).toContain(JSON.stringify(JSON.parse(data)));
    expect(request?.body).toContain('"zulu":1,"alpha":{"y":1,"x":[{"b":1,"a":2}]}');
  });
});

describe('the same event published again', () => {
  it('under one Idempotency-Key is one event', async () => {
    const headers = { 'idempotency-key': 'order 4711' };
    const first = await server.api.post<PublishedView>('/v1/events', eventInput(), headers);
    const again = await server.api.post<PublishedView>('/v1/events', eventInput(), headers);
    expect(first.body).toMatchObject({ duplicate: false });
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id, duplicate: true } });
  });

  it('under one id of the producer is one event', async () => {
    const said = eventInput({ id: 'crm-1' });
    const first = await server.api.post<PublishedView>('/v1/events', said);
    const again = await server.api.post<PublishedView>('/v1/events', said, {
      'idempotency-key': 'the id counts more',
    });
    expect(again.body).toEqual({ id: first.body.id, duplicate: true });
  });

  it('fifty times at once is one event and one delivery', async () => {
    const { api } = await listeningWorkspace();
    const headers = { 'idempotency-key': 'at once' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        api.post<PublishedView>('/v1/events', eventInput(), headers),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(answers.map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);

    // A later event proves that nothing of the first one is still on its way.
    await settledDeliveries(api, await publish(api, { type: 'user.deleted' }));
    const events = await api.get<PageView<object>>('/v1/events');
    expect(events.body.data).toHaveLength(2);
    const [id = ''] = ids;
    expect(await settledDeliveries(api, id)).toHaveLength(1);
  });

  it.each([
    ['data', { data: { id: 8 } }],
    ['type', { type: 'user.deleted' }],
    ['changes', { changes: { rank: { old: 1, new: 2 } } }],
    ['actor', { actor: { id: 1 } }],
    ['time', { occurredAt: '2026-01-01T00:00:00Z' }],
  ])('with other %s is refused: the key is used', async (what, differences) => {
    const headers = { 'idempotency-key': `other ${what}` };
    await server.api.make('/v1/events', eventInput(), headers);
    const answer = await server.api.post('/v1/events', eventInput(differences), headers);
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused', errors: [{ path: 'Idempotency-Key' }] },
    });
  });

  it('in another workspace is another event', async () => {
    const { api } = await server.newWorkspace();
    const headers = { 'idempotency-key': 'shared' };
    const mine = await server.api.post<PublishedView>('/v1/events', eventInput(), headers);
    const theirs = await api.post<PublishedView>('/v1/events', eventInput(), headers);
    expect(theirs.body.duplicate).toBe(false);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it.each(['', 'x'.repeat(256), 'gr\u00fc\u00df'])('takes no key like %j', async (key) => {
    const answer = await server.api.post('/v1/events', eventInput(), { 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
  });
});

describe('a batch', () => {
  it('gives each event a result of its own, in order', async () => {
    const { api } = await listeningWorkspace();
    const answer = await api.post<BatchView>('/v1/events/batch', {
      events: [
        eventInput({ id: 'a' }),
        eventInput({ type: 'user.craeted' }),
        'not an event',
        eventInput({ id: 'a' }),
        eventInput({ id: 'a', data: { other: true } }),
        eventInput({ dta: {} }),
        eventInput({ type: 'user.deleted' }),
        null,
      ],
    });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3, refused: 5 } });
    const { results } = answer.body;
    expect(results).toMatchObject([
      { duplicate: false },
      { error: { status: 422, errors: [{ path: 'events[1].type', code: 'unknown_event_type' }] } },
      { error: { status: 422, errors: [{ path: 'events[2]', code: 'wrong_type' }] } },
      { id: results[0]?.id, duplicate: true },
      {
        error: { status: 409, code: 'idempotency_key_reused', errors: [{ path: 'events[4].id' }] },
      },
      { error: { errors: [{ path: 'events[5].dta', code: 'unknown_field' }] } },
      { duplicate: false },
      { error: { errors: [{ path: 'events[7]' }] } },
    ]);
    await settledDeliveries(api, results[6]?.id ?? '');
    const events = await api.get<PageView<object>>('/v1/events');
    expect(events.body.data).toHaveLength(2);
  });

  it('of a thousand events is taken, and each is delivered once', async () => {
    const { api } = await server.newWorkspace();
    const events = Array.from({ length: 1000 }, (_, n) => eventInput({ data: { n } }));
    const answer = await api.post<{ results: PublishedView[] }>('/v1/events/batch', { events });
    expect(new Set(answer.body.results.map(({ id }) => id)).size).toBe(1000);
    const stored = await server.query<{ n: number }>(
      `SELECT (data ->> 'n')::int AS n FROM events WHERE id = ANY ($1) ORDER BY id`,
      [answer.body.results.map(({ id }) => id)],
    );
    expect(stored.map(({ n }) => n)).toEqual(events.map((_, n) => n));
  });

  it('with an event that is too large refuses that one only', async () => {
    const large = eventInput({ data: { text: 'x'.repeat(257 * 1024) } });
    const answer = await server.api.post('/v1/events/batch', { events: [large, eventInput()] });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        results: [
          { error: { errors: [{ path: 'events[0]', code: 'event_too_large' }] } },
          { duplicate: false },
        ],
      },
    });
  });

  it('in which every event is refused is answered all the same', async () => {
    await server.dispatched();
    const before = await server.rowCounts();
    const events = [eventInput({ type: 'user.craeted' }), {}];
    const answer = await server.api.post('/v1/events/batch', { events });
    const error = { error: { status: 422 } };
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 0, refused: 2, results: [error, error] },
    });
    expect(await server.rowCounts()).toEqual(before);
  });

  it.each([
    ['no events', { events: [] }, 'events', 'too_small'],
    ['no list', { events: {} }, 'events', 'wrong_type'],
    ['more than a thousand', { events: Array(1001).fill(null) }, 'events', 'batch_too_long'],
    ['a misspelt field', { event: [], events: [{}] }, 'event', 'unknown_field'],
  ])('of %s is refused as a whole', async (_, body, path, code) => {
    const answer = await server.api.post('/v1/events/batch', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path, code }] } });
  });
});
