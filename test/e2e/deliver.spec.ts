import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Story } from './deliver.fixture.js';
import { isGenuine, isVerified, plainSignature, standardSignature } from './signatures.fixture.js';

const nasty = {
  z: 1,
  a: 'Zoë "the\\cat" \u2028 </script> ',
  deep: [{ n: 1.5e-7 }, null, true, ''],
};

describe('a request that is sent', () => {
  let server: TestServer;
  let receiver: Receiver;
  let story: Story;

  beforeAll(async () => {
    // One at a time, so that the order of sending can be seen.
    server = await startTestServer({
      BUGLE_IN_FLIGHT_PER_WEBHOOK: '1',
      BUGLE_RETRY_SCHEDULE: '1,3600',
      BUGLE_RETRY_JITTER: '0',
    });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
    story = new Story((await server.newWorkspace()).api);
  });
  afterEach(() => receiver.stop());

  const onlyRequest = async () => {
    const [request] = await receiver.received(1);
    if (!request) throw new Error('no request');
    return request;
  };

  it('carries the default payload byte for byte, signed in both ways', async () => {
    const { secret, id: webhookId } = await story.webhook(receiver.url);
    const eventId = await story.publish(nasty);
    const request = await onlyRequest();

    const { body: event } = await story.api.get<{ createdAt: string }>(`/v1/events/${eventId}`);
    const delivery = await story.settled(eventId, 'delivered');
    const fields = [
      '"event": "user.created"',
      `"created": "${event.createdAt}"`,
      `"request_id": "${delivery.id}"`,
      `"trace_id": "${eventId}"`,
      `"data": ${JSON.stringify(nasty)}`,
      '"changes": null',
    ];
    expect(request.body).toBe(`{\n  ${fields.join(',\n  ')}\n}\n`);
    expect(delivery).toMatchObject({ webhookId, automationId: null, requestBody: request.body });

    const { signature, 'webhook-signature': standard, ...headers } = request.headers;
    expect(signature).toBe(plainSignature(secret, request));
    expect(standard).toBe(standardSignature(secret, request));
    expect(isGenuine(secret, request)).toBe(true);
    expect(headers).toMatchObject({
      'webhook-id': delivery.id,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(request.body)),
      'user-agent': expect.stringMatching(/^Bugle\/\d+\.\d+\.\d+$/),
    });
    expect(Math.abs(Number(headers['webhook-timestamp']) * 1000 - request.receivedAt)).toBeLessThan(
      5000,
    );
  });

  it('is not verified by another secret, nor when a byte was changed', async () => {
    const { secret } = await story.webhook(receiver.url, { secret: 'a custom secret of mine' });
    await story.publish({ points: 1 });
    const request = await onlyRequest();
    const forged = { ...request, body: request.body.replace('"points":1', '"points":2') };
    expect(forged.body).not.toBe(request.body);
    expect(isVerified(secret, request)).toBe(true);
    expect(isVerified(secret, forged)).toBe(false);
    expect(isVerified('another secret', request)).toBe(false);
  });

  it('carries custom headers', async () => {
    const headers = { 'X-Team': 'crm', authorization: 'Bearer of-the-receiver' };
    await story.webhook(receiver.url, { headers });
    await story.publish();
    const request = await onlyRequest();
    expect(request.headers).toMatchObject({
      'x-team': 'crm',
      authorization: headers.authorization,
    });
  });

  it('keeps its id and its bytes over all attempts, and is signed anew for each', async () => {
    receiver.answer((_, index) => ({ status: index === 0 ? 500 : 200 }));
    const { secret } = await story.webhook(receiver.url);
    await story.publish(nasty);
    const [first, second] = await receiver.received(2);
    if (!first || !second) throw new Error('no requests');
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(second.headers.signature).toBe(first.headers.signature);
    const timestamps = [first, second].map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(timestamps[1]).toBeGreaterThan(timestamps[0] ?? Infinity);
    expect([first, second].map((request) => isVerified(secret, request))).toEqual([true, true]);
  });

  it('is a GET whose query is signed, when the webhook says so', async () => {
    const url = `${receiver.url}?tenant=a%20b`;
    const webhook = await story.webhook(url, { method: 'GET', events: [] });
    const template = '{"q": {{ data.a|json }}, "n": 7, "list": {{ data.deep|json }}, "none": null}';
    await story.automation(webhook.id, { template });
    await story.publish(nasty);
    const request = await onlyRequest();

    expect(request).toMatchObject({ method: 'GET', body: '' });
    expect(request.url).toMatch(/^\/hook\?tenant=a%20b&q=/);
    expect(Object.fromEntries(new URL(request.url, receiver.url).searchParams)).toEqual({
      tenant: 'a b',
      q: nasty.a,
      n: '7',
      list: JSON.stringify(nasty.deep),
      none: 'null',
    });
    expect(isVerified(webhook.secret, request)).toBe(true);
    expect(request.headers['content-length']).toBeUndefined();
  });

  it('goes out for plain webhooks and automations alike, in the order of their priority', async () => {
    const { id } = await story.webhook(receiver.url);
    for (const priority of [5, -5, 1]) {
      await story.automation(id, { priority, template: `{"priority": ${priority}}` });
    }
    await story.publish();
    const requests = await receiver.received(4);
    const order = requests.map(({ body }) => (JSON.parse(body) as { priority?: number }).priority);
    expect(order).toEqual([-5, undefined, 1, 5]);
  });

  it('does not go out when its payload cannot be rendered, which stops no other rule', async () => {
    const { id } = await story.webhook(receiver.url);
    const template = '{\n  "mean": {{ data.sum / data.count }}\n}';
    const broken = await story.automation(id, { priority: -1, template });
    await story.automation(id, { priority: 1, template: '{"fine": true}' });
    const eventId = await story.publish({ sum: 1, count: 0 });
    const requests = await receiver.received(2);
    expect(requests.map(({ body }) => body)).toContain('{"fine": true}');

    const [failed] = await story.deliveries({ automationId: broken.id });
    expect(failed).toMatchObject({
      eventId,
      status: 'failed',
      attemptCount: 0,
      nextAttemptAt: null,
      lastError: { code: 'template_error', line: 2, column: expect.any(Number) },
    });
    expect(await story.delivery(failed?.id ?? '')).toMatchObject({
      requestBody: null,
      attempts: [],
    });
    expect(requests).toHaveLength(2);
  });

  it('is signed with both secrets after a rotation, `Signature` with the new one only', async () => {
    const old = await story.webhook(receiver.url);
    const rotate = (graceHours: number) =>
      story.api.make<{ secret: string }>(`/v1/webhooks/${old.id}/rotate-secret`, { graceHours });
    const inGrace = await rotate(1);
    await story.publish();
    const request = await onlyRequest();
    const expected = [inGrace.secret, old.secret].map((secret) =>
      standardSignature(secret, request),
    );
    expect(request.headers['webhook-signature']).toBe(expected.join(' '));
    expect(request.headers.signature).toBe(plainSignature(inGrace.secret, request));
    expect(isGenuine(old.secret, request)).toBe(true);
    expect(isVerified(inGrace.secret, request)).toBe(true);

    const { secret } = await rotate(0);
    await story.publish();
    const [, next] = await receiver.received(2);
    expect(next && isVerified(secret, next)).toBe(true);
    expect(next && isGenuine(inGrace.secret, next)).toBe(false);
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await Receiver.start();
    try {
      receiver.answer({ status: 307, headers: { location: elsewhere.url } });
      await story.webhook(receiver.url);
      const { attempts } = await story.settled(await story.publish(), 'retrying');
      expect(attempts[0]).toMatchObject({
        outcome: 'rejected',
        statusCode: 307,
        error: { code: 'rejected' },
        responseHeaders: { location: elsewhere.url },
      });

      await story.webhook(elsewhere.url, { events: ['user.deleted'] });
      await story.publish({}, 'user.deleted');
      const [first] = await elsewhere.received(1);
      expect(first?.body).toContain('user.deleted');
    } finally {
      await elsewhere.stop();
    }
  });
});

describe('an address inside', () => {
  /** Stores any URL, as if the networks had been allowed once. */
  let server: TestServer;
  let worker: TestServer;
  let inside: Server;
  let connections = 0;
  let port: number;

  beforeAll(async () => {
    server = await startTestServer({
      BUGLE_ROLE: 'api',
      BUGLE_ALLOW_NETWORKS: '0.0.0.0/0,::/0',
      BUGLE_RETRY_SCHEDULE: '0.01',
    });
    worker = await server.join({ BUGLE_ROLE: 'worker', BUGLE_ALLOW_NETWORKS: 'none' });
    inside = createServer((socket) => {
      connections += 1;
      socket.end();
    }).listen(0, '127.0.0.1');
    await once(inside, 'listening');
    const address = inside.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });
  afterAll(async () => {
    inside.close();
    await worker.stop();
    await server.stop();
  });

  const hosts = ['127.0.0.1', 'localhost', '10.1.2.3', '169.254.169.254', '[::1]', '0x7f.1'];

  it('is never connected to', async () => {
    const story = new Story(server.api);
    for (const host of hosts) await story.webhook(`http://${host}:${port}/latest/meta-data`);
    const eventId = await story.publish();
    const exhausted = await until('all have been given up', async () => {
      const found = await story.deliveries({ eventId, status: 'exhausted' });
      return found.length === hosts.length && found;
    });
    const deliveries = await Promise.all(exhausted.map(({ id }) => story.delivery(id)));
    const refused = { outcome: 'unreachable', error: { code: 'target_forbidden' } };
    for (const { attempts } of deliveries) expect(attempts).toMatchObject([refused, refused]);

    await once(connect(port, '127.0.0.1').resume(), 'close');
    expect(connections).toBe(1);
  });
});
