import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { type PageBody, type DeliveryBody, Story } from './deliver.fixture.js';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startTestServer({ BUGLE_RETRY_SCHEDULE: '0.01', BUGLE_RETRY_JITTER: '0' });
  receiver = await Receiver.start(({ url }) => ({
    status: url.endsWith('/failing') ? 503 : 200,
    hang: url.endsWith('/hanging'),
  }));
});
afterAll(async () => {
  await receiver.stop();
  await server.stop();
});

describe('the log', () => {
  let story: Story;
  let working: string;
  let failing: string;
  let hanging: string;
  let automation: string;
  let first: string;
  let second: string;
  let between: string;
  let all: DeliveryBody[];

  // Two events: the first for two webhooks, the second for an automation that fails too and for one that hangs.
  beforeAll(async () => {
    story = new Story((await server.newWorkspace()).api);
    const { url } = receiver;
    working = (await story.webhook(url)).id;
    failing = (await story.webhook(`${url}/failing`, { events: ['user.*'] })).id;
    hanging = (await story.webhook(`${url}/hanging`, { events: ['user.deleted'] })).id;
    const template = '{"n": {{ 1 / data.n }} }';
    const fields = { triggers: ['user.deleted'], template };
    automation = (await story.automation(working, fields)).id;
    first = await story.publish({ n: 1 });
    between = new Date(await nextMillisecond()).toISOString();
    await nextMillisecond();
    second = await story.publish({ n: 0 }, 'user.deleted');
    all = await until('everything has come to rest', async () => {
      const found = await story.deliveries();
      const statuses = found.map(({ status }) => status).toSorted();
      return statuses.join() === 'delivered,exhausted,exhausted,failed,sending' && found;
    });
  });

  const of = (eventId: string, webhookId: string) => {
    const found = all.find((one) => one.eventId === eventId && one.webhookId === webhookId);
    return found?.id ?? 'missing';
  };

  it('is listed newest first', () => {
    expect(all.map(({ eventId }) => eventId)).toEqual([second, second, second, first, first]);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
  });

  it.each<[string, () => Record<string, string>, () => string[]]>([
    ['webhook', () => ({ webhookId: failing }), () => [of(second, failing), of(first, failing)]],
    ['automation', () => ({ automationId: automation }), () => [of(second, working)]],
    ['event', () => ({ eventId: first }), () => [of(first, working), of(first, failing)]],
    ['type', () => ({ eventType: 'user.created' }), () => [of(first, working), of(first, failing)]],
    ['status', () => ({ status: 'delivered' }), () => [of(first, working)]],
    ['failed', () => ({ status: 'failed' }), () => [of(second, working)]],
    ['sending', () => ({ status: 'sending' }), () => [of(second, hanging)]],
    ['status code', () => ({ statusCode: '503' }), () => [of(second, failing), of(first, failing)]],
    ['since', () => ({ since: between, status: 'exhausted' }), () => [of(second, failing)]],
    ['until', () => ({ until: between, status: 'exhausted' }), () => [of(first, failing)]],
    ['nothing between', () => ({ since: between, until: between }), () => []],
    [
      'all together',
      () => ({
        webhookId: failing,
        eventId: second,
        eventType: 'user.deleted',
        status: 'exhausted',
        statusCode: '503',
        since: between,
        until: '2999-01-01T00:00:00+02:00',
      }),
      () => [of(second, failing)],
    ],
    ['all but one', () => ({ webhookId: failing, eventId: second, status: 'delivered' }), () => []],
  ])('is filtered by %s', async (_, query, expected) => {
    const found = await story.deliveries(query());
    expect(found.map(({ id }) => id).toSorted()).toEqual(expected().toSorted());
  });

  it('is read page by page, each delivery once', async () => {
    const seen: string[] = [];
    let page = await story.page({ limit: '2' });
    const sizes = [page.data.length];
    for (seen.push(...page.data.map(({ id }) => id)); page.nextCursor;) {
      page = await story.page({ limit: '2', cursor: page.nextCursor });
      sizes.push(page.data.length);
      seen.push(...page.data.map(({ id }) => id));
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it("takes no altered cursor, and none of another workspace's log", async () => {
    const { nextCursor } = await story.page({ limit: '1' });
    const stranger = (await server.newWorkspace()).api;
    const altered = (nextCursor ?? '').replace(
      /^(.{12})(.)/,
      (_, head, next) => head + (next === 'x' ? 'y' : 'x'),
    );
    const codes = await Promise.all([
      story.api.get<{ code: string }>(`/v1/deliveries?cursor=${altered}`),
      stranger.get<{ code: string }>(`/v1/deliveries?cursor=${nextCursor}`),
    ]);
    expect(codes.map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'invalid_cursor'],
      [400, 'invalid_cursor'],
    ]);
  });

  it('shows another workspace nothing, whatever it asks for', async () => {
    const stranger = (await server.newWorkspace()).api;
    for (const query of ['', `?webhookId=${failing}`, `?eventId=${first}`, '?status=exhausted']) {
      const { body } = await stranger.get<PageBody<DeliveryBody>>(`/v1/deliveries${query}`);
      expect(body).toEqual({ data: [], nextCursor: null });
    }
  });

  it('shows one delivery with every attempt', async () => {
    const delivery = await story.delivery(of(first, failing));
    expect(delivery).toMatchObject({
      eventId: first,
      eventType: 'user.created',
      webhookId: failing,
      automationId: null,
      status: 'exhausted',
      attemptCount: 2,
      nextAttemptAt: null,
      lastStatusCode: 503,
      lastError: { code: 'rejected' },
      requestBody: expect.stringContaining(first),
    });
    expect(delivery.attempts).toHaveLength(2);
    for (const [index, attempt] of delivery.attempts.entries()) {
      expect(attempt).toMatchObject({
        number: index + 1,
        trigger: 'automatic',
        outcome: 'rejected',
        statusCode: 503,
        requestMethod: 'POST',
        requestUrl: `${receiver.url}/failing`,
        responseBody: '',
        requestHeaders: { 'webhook-id': delivery.id },
        responseHeaders: { connection: 'keep-alive' },
        durationMs: expect.any(Number),
      });
    }
  });
});

/** Waits for the clock to move on, which takes no longer than it takes. */
function nextMillisecond(): Promise<number> {
  const now = Date.now();
  return until('the clock has moved on', () => Date.now() > now && Date.now());
}

describe('searches that hang', () => {
  /** More than all connections that other requests share. */
  const SEARCHES = 8;

  it('keep no other request waiting, and are answered when they can be', async () => {
    const { api } = await server.newWorkspace();
    const story = new Story(api);
    const lock = await server.connection();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE');
    const searches = Array.from({ length: SEARCHES }, () => story.page({}));
    await until('two of them wait', async () => {
      const waiting = await server.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM deliveries%'`,
      );
      return waiting.length === 2;
    });
    await story.webhook(receiver.url);
    expect((await api.get<PageBody<unknown>>('/v1/webhooks')).body.data).toHaveLength(1);
    await lock.query('COMMIT');
    lock.release();
    for (const { data } of await Promise.all(searches)) expect(data).toEqual([]);
  });
});
