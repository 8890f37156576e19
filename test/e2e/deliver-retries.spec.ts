import { http, RawReceiver, type Answer } from '../support/sending-trial.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { type DeliveryWithAttempts, Story } from './deliver.fixture.js';

const SETTINGS = {
  // A second try soon, a third in an hour.
  BUGLE_RETRY_SCHEDULE: '0.05,3600',
  BUGLE_RETRY_JITTER: '0',
  BUGLE_RESPONSE_KEEP_BYTES: '10',
  BUGLE_SWEEP_INTERVAL_MS: '20',
};
const SOON_MS = 50;
const HOUR_MS = 3_600_000;

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer(SETTINGS);
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

/** Answers with these status codes in turn, the last one for ever. */
const answering = (...statuses: number[]) =>
  receiver.answer((_, index) => ({ status: statuses[index] ?? statuses.at(-1) }));

/** The delivery when nothing more will happen to it before an hour has passed. */
const afterTwoFailures = (eventId: string) => story.settled(eventId, 'retrying', 2);

const endOf = ({ attempts }: DeliveryWithAttempts, index: number) => {
  const attempt = attempts[index];
  return Date.parse(attempt?.startedAt ?? '') + (attempt?.durationMs ?? Number.NaN);
};

const waitOf = (delivery: DeliveryWithAttempts, index: number) =>
  Date.parse(delivery.nextAttemptAt ?? '') - endOf(delivery, index);

const redeliver = (id: string) => story.api.post(`/v1/deliveries/${id}/redeliver`);

/** The code of the first attempt to this URL, which fails without an answer. */
const codeAt = async (url: string) => {
  const own = new Story((await server.newWorkspace()).api);
  await own.webhook(url);
  const { attempts } = await own.settled(await own.publish(), 'retrying');
  expect(attempts[0]).toMatchObject({ outcome: 'unreachable', statusCode: null });
  return attempts[0]?.error?.code;
};

describe('after a failure', () => {
  it('the same request is tried again by the schedule', async () => {
    answering(500, 200);
    await story.webhook(receiver.url);
    const delivery = await story.settled(await story.publish(), 'delivered');
    expect(delivery).toMatchObject({
      attemptCount: 2,
      nextAttemptAt: null,
      lastStatusCode: 200,
      lastError: null,
      attempts: [
        { number: 1, trigger: 'automatic', outcome: 'rejected', statusCode: 500 },
        { number: 2, trigger: 'automatic', outcome: 'delivered', statusCode: 200, error: null },
      ],
    });
    const [, second] = delivery.attempts;
    expect(Date.parse(second?.startedAt ?? '')).toBeGreaterThanOrEqual(
      endOf(delivery, 0) + SOON_MS,
    );
  });

  it('the log says when it is tried next', async () => {
    answering(500);
    await story.webhook(receiver.url);
    const delivery = await afterTwoFailures(await story.publish());
    expect(Math.abs(waitOf(delivery, 1) - HOUR_MS)).toBeLessThan(2_000);
    expect(delivery).toMatchObject({ lastStatusCode: 500, lastError: { code: 'rejected' } });
  });

  it.each([429, 503])(
    'of status %d, the time that the receiver asks for is kept',
    async (status) => {
      const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2 * HOUR_MS);
      const asked = [`${5 * 3600}`, date.toUTCString(), `${48 * 3600}`, '0', 'soon'];
      receiver.answer(({ body }) => {
        const { data } = JSON.parse(body) as { data: { index: number } };
        return { status, headers: { 'retry-after': asked[data.index] ?? '' } };
      });
      const stories = await Promise.all(
        asked.map(async () => new Story((await server.newWorkspace()).api)),
      );
      const [seconds, dated, tooLong] = await Promise.all(
        stories.map(async (own, index) => {
          await own.webhook(receiver.url);
          // Those that ask for nothing sensible are tried again by the schedule.
          return own.settled(await own.publish({ index }), 'retrying', index < 3 ? 1 : 2);
        }),
      );

      expect(Math.abs(waitOf(seconds as DeliveryWithAttempts, 0) - 5 * HOUR_MS)).toBeLessThan(
        2_000,
      );
      // Its own clock, which says whole seconds in the header `date`, is the one that counts.
      const late = Date.parse(dated?.nextAttemptAt ?? '') - date.getTime();
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(2_000);
      expect(Math.abs(waitOf(tooLong as DeliveryWithAttempts, 0) - 24 * HOUR_MS)).toBeLessThan(
        2_000,
      );
    },
  );

  it('of another status, Retry-After counts for nothing', async () => {
    receiver.answer({ status: 500, headers: { 'retry-after': '7200' } });
    await story.webhook(receiver.url);
    const { attempts } = await afterTwoFailures(await story.publish());
    expect(attempts).toMatchObject([{ statusCode: 500 }, { statusCode: 500 }]);
  });

  it('the delivery is given up when the schedule has ended', async () => {
    answering(500);
    await story.webhook(receiver.url);
    const { id, eventId } = await afterTwoFailures(await story.publish());
    await redeliver(id);
    expect(await story.settled(eventId, 'exhausted')).toMatchObject({
      attemptCount: 3,
      nextAttemptAt: null,
      lastStatusCode: 500,
    });
  });

  it('of status 410, its webhook is disabled at once', async () => {
    answering(410, 200);
    const { id } = await story.webhook(receiver.url);
    const read = async () => (await story.api.get(`/v1/webhooks/${id}`)).body;
    const gone = await story.settled(await story.publish({ n: 1 }), 'exhausted');
    expect(gone).toMatchObject({ attemptCount: 1, lastStatusCode: 410 });
    expect(await read()).toMatchObject({ enabled: false, disabledReason: 'gone' });

    await story.publish({ n: 2 });
    await story.api.patch(`/v1/webhooks/${id}`, { enabled: true });
    expect(await read()).toMatchObject({ enabled: true, disabledReason: null });
    await story.settled(await story.publish({ n: 3 }), 'delivered');
    expect(receiver.requests.map(({ body }) => /"n":\d/.exec(body)?.[0])).toEqual([
      '"n":1',
      '"n":3',
    ]);
  });
});

describe('a webhook with a retry policy of its own', () => {
  it('waits by its own schedule', async () => {
    answering(500);
    await story.webhook(receiver.url, { retryPolicy: { schedule: [7200], jitter: 0 } });
    const delivery = await story.settled(await story.publish(), 'retrying', 1);
    expect(Math.abs(waitOf(delivery, 0) - 2 * HOUR_MS)).toBeLessThan(2_000);
  });

  it('spreads the waits by its own jitter', async () => {
    answering(500);
    await story.webhook(receiver.url, { retryPolicy: { schedule: [72_000], jitter: 0.9 } });
    const events = await Promise.all([1, 2, 3, 4].map((n) => story.publish({ n })));
    const all = await Promise.all(events.map((id) => story.settled(id, 'retrying', 1)));
    const hours = all.map((delivery) => waitOf(delivery, 0) / HOUR_MS);
    expect(Math.max(...hours) - Math.min(...hours)).toBeGreaterThan(0.01);
    expect(Math.min(...hours)).toBeGreaterThan(1.9);
    expect(Math.max(...hours)).toBeLessThan(38.1);
  });

  it('gives up at once what is answered with a final status code', async () => {
    answering(422);
    await story.webhook(receiver.url, { retryPolicy: { finalStatusCodes: [422] } });
    const delivery = await story.settled(await story.publish(), 'exhausted');
    expect(delivery).toMatchObject({ attemptCount: 1, lastStatusCode: 422, nextAttemptAt: null });
  });

  it('follows an edit from the next attempt on', async () => {
    answering(500);
    const { id } = await story.webhook(receiver.url, { retryPolicy: { schedule: [3600] } });
    const { id: delivery, eventId } = await story.settled(await story.publish(), 'retrying', 1);
    await story.api.patch(`/v1/webhooks/${id}`, { retryPolicy: { schedule: [] } });
    await redeliver(delivery);
    const exhausted = await story.settled(eventId, 'exhausted', 2);
    expect(exhausted.nextAttemptAt).toBeNull();
  });
});

describe('an attempt without an answer has its code in the log:', () => {
  it.each<[string, Answer]>([
    ['connection_reset', (socket) => socket.destroy()],
    ['invalid_response', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    ['too_many_headers', (socket) => socket.end(http('200 OK', '', `x: ${'x'.repeat(20_000)}`))],
  ])('%s', async (code, answer) => {
    const raw = new RawReceiver(answer);
    try {
      expect(await codeAt(await raw.open())).toBe(code);
    } finally {
      raw.close();
    }
  });

  it('connection_refused, tls_failure, dns_failure', async () => {
    expect(await codeAt(receiver.url.replace('http:', 'https:'))).toBe('tls_failure');
    await receiver.stop();
    expect(await codeAt(receiver.url)).toBe('connection_refused');
    expect(await codeAt('http://no-such-host.invalid/')).toBe('dns_failure');
  });
});

describe('the log of an answer', () => {
  it('keeps the beginning of the body, and never half a character', async () => {
    receiver.answer({ status: 201, body: `123456789é${'x'.repeat(100_000)}` });
    await story.webhook(receiver.url);
    const { attempts } = await story.settled(await story.publish(), 'delivered');
    expect(attempts[0]).toMatchObject({ statusCode: 201, responseBody: '123456789' });
  });

  it('hides secret headers of both sides', async () => {
    receiver.answer({ headers: { 'set-cookie': 'sid=1', 'x-answer': 'a', 'x-token': 'theirs' } });
    const headers = { Authorization: 'Bearer b', 'X-Token': 'ours', 'x-plain': 'p' };
    const webhook = await story.webhook(receiver.url, { headers, maskedHeaders: ['x-token'] });
    const eventId = await story.publish();
    const delivery = await story.settled(eventId, 'delivered');
    expect(delivery.attempts[0]).toMatchObject({
      requestHeaders: { authorization: '***', 'x-token': '***', 'x-plain': 'p' },
      responseHeaders: { 'set-cookie': '***', 'x-token': '***', 'x-answer': 'a' },
    });
    expect(webhook.headers).toEqual({ Authorization: '***', 'X-Token': '***', 'x-plain': 'p' });
    expect(JSON.stringify(delivery)).not.toContain(webhook.secret);
    const [request] = receiver.requests;
    expect(request?.headers).toMatchObject({ authorization: 'Bearer b', 'x-token': 'ours' });
  });
});
