import { Webhook as StandardWebhook } from 'standardwebhooks';
import {
  makeAutomation,
  makeWebhook,
  type NewWebhookView,
  type PageView,
  publish,
  settledDeliveries,
  type DeliveryWithAttempts,
  webhookInput,
  type WebhookView,
} from '../support/builders.js';
import { whileHeld } from '../support/held.js';
import { type ReceivedRequest, Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), Receiver.start()]);
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

/** The requests of one delivery, which its `webhook-id` tells from all others. */
const requestsOf = (deliveryId: string | undefined): ReceivedRequest[] =>
  receiver.requests.filter((request) => request.headers['webhook-id'] === deliveryId);

async function sendTest(webhookId: string): Promise<ReceivedRequest | undefined> {
  const { id } = await server.api.make<{ id: string }>(`/v1/webhooks/${webhookId}/test`);
  const [delivery] = await settledDeliveries(server.api, id);
  return requestsOf(delivery?.id)[0];
}

const verify = (secret: string, request: ReceivedRequest | undefined): unknown =>
  new StandardWebhook(secret).verify(request?.body ?? '', request?.headers ?? {});

describe('a webhook', () => {
  it('is created with defaults, read, edited, listed and deleted', async () => {
    const made = await server.api.post<NewWebhookView>('/v1/webhooks', {
      name: '  CRM ',
      url: receiver.url,
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'CRM',
        method: 'POST',
        events: [],
        headers: {},
        retryPolicy: null,
        rateLimit: null,
        ordered: false,
        orderingKey: null,
        enabled: true,
        health: { state: 'healthy', failingSince: null, heldUntil: null, consecutiveFailures: 0 },
        revision: 1,
      },
    });
    const path = `/v1/webhooks/${made.body.id}`;
    const { secret: _, ...shown } = made.body;
    const read = await server.api.get<WebhookView>(path);
    expect(read.body).toEqual(shown);
    expect(read.headers.get('etag')).toBe('"1"');

    const edited = await server.api.patch<WebhookView>(path, { events: ['user.*'], method: 'GET' });
    expect(edited.body).toMatchObject({
      name: 'CRM',
      events: ['user.*'],
      method: 'GET',
      revision: 2,
    });
    expect(edited.headers.get('etag')).toBe('"2"');
    const list = await server.api.get<PageView<WebhookView>>('/v1/webhooks');
    expect(list.body.data).toContainEqual(edited.body);

    expect((await server.api.delete(path)).status).toBe(204);
    expect((await server.api.get(path)).status).toBe(404);
  });

  it.each([
    ['no name', { name: undefined }, 'name', 'required'],
    ['a name of blanks', { name: '   ' }, 'name', 'too_small'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'name', 'too_large'],
    ['a number for a name', { name: 7 }, 'name', 'wrong_type'],
    [
      'a description of 2001 characters',
      { description: 'x'.repeat(2001) },
      'description',
      'too_large',
    ],
    ['no url', { url: undefined }, 'url', 'required'],
    ['a url that is none', { url: 'example.com/hook' }, 'url', 'invalid_url'],
    ['a url of another scheme', { url: 'ftp://example.com' }, 'url', 'invalid_url_scheme'],
    ['a url with credentials', { url: 'https://a:b@example.com' }, 'url', 'url_has_credentials'],
    ['a url with a fragment', { url: 'https://example.com/#x' }, 'url', 'url_has_fragment'],
    ['a url of 2 KiB', { url: `https://example.com/${'x'.repeat(2048)}` }, 'url', 'url_too_long'],
    ['another method', { method: 'PUT' }, 'method', 'invalid_value'],
    ['an unknown event type', { events: ['user.craeted'] }, 'events[0]', 'unknown_event_type'],
    ['a malformed wildcard', { events: ['*', 'us*'] }, 'events[1]', 'invalid_trigger'],
    ['a reserved header', { headers: { Signature: 'x' } }, 'headers.Signature', 'reserved_header'],
    [
      'a line break in a header',
      { headers: { 'x-a': 'a\r\nb: c' } },
      'headers.x-a',
      'invalid_header_value',
    ],
    ['a number for a header', { headers: { 'x-a': 1 } }, 'headers.x-a', 'wrong_type'],
    ['a number for a masked header', { maskedHeaders: [1] }, 'maskedHeaders[0]', 'wrong_type'],
    ['a secret of seven characters', { secret: '1234567' }, 'secret', 'invalid_secret'],
    ['a whsec_ secret that is no base64', { secret: 'whsec_%%%' }, 'secret', 'invalid_secret'],
    [
      'a wait of nothing',
      { retryPolicy: { schedule: [5, 0] } },
      'retryPolicy.schedule[1]',
      'too_small',
    ],
    [
      'a wait of more than a week',
      { retryPolicy: { schedule: [604_801] } },
      'retryPolicy.schedule[0]',
      'too_large',
    ],
    [
      'a schedule of 31 waits',
      { retryPolicy: { schedule: Array(31).fill(5) } },
      'retryPolicy.schedule',
      'too_large',
    ],
    ['a jitter of 1', { retryPolicy: { jitter: 1 } }, 'retryPolicy.jitter', 'too_large'],
    [
      'a 200 that is final',
      { retryPolicy: { finalStatusCodes: [200] } },
      'retryPolicy.finalStatusCodes[0]',
      'too_small',
    ],
    [
      'a misspelt part of the retry policy',
      { retryPolicy: { schedul: [5] } },
      'retryPolicy.schedul',
      'unknown_field',
    ],
    [
      'a rate limit of nothing',
      { rateLimit: { requests: 0, seconds: 1 } },
      'rateLimit.requests',
      'too_small',
    ],
    [
      'a rate limit without a time',
      { rateLimit: { requests: 10 } },
      'rateLimit.seconds',
      'required',
    ],
    ['a text for ordered', { ordered: 'yes' }, 'ordered', 'wrong_type'],
    [
      'an ordering key that is no path',
      { ordered: true, orderingKey: 'id' },
      'orderingKey',
      'invalid_ordering_key',
    ],
    [
      'an ordering key and no order',
      { orderingKey: 'data.id' },
      'orderingKey',
      'ordering_key_without_order',
    ],
    [
      'a wait that is none',
      { retryPolicy: { schedule: [1e-300] } },
      'retryPolicy.schedule[0]',
      'too_small',
    ],
    ['a text for enabled', { enabled: 'yes' }, 'enabled', 'wrong_type'],
    ['a misspelt field', { event: ['user.*'] }, 'event', 'unknown_field'],
  ])('is refused with %s', async (_, differences, path, code) => {
    const answer = await server.api.post('/v1/webhooks', webhookInput(differences));
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path, code }] },
    });
  });

  it('keeps how it wants to be called, and takes each part back', async () => {
    const wishes = {
      retryPolicy: { schedule: [0.5, 60, 604_800], jitter: 0.9, finalStatusCodes: [400, 422] },
      rateLimit: { requests: 30, seconds: 60 },
      ordered: true,
      orderingKey: 'data.id',
    };
    const { id } = await makeWebhook(server.api, wishes);
    const path = `/v1/webhooks/${id}`;
    expect((await server.api.get(path)).body).toMatchObject(wishes);
    const edited = await server.api.patch(path, { retryPolicy: { schedule: [] }, rateLimit: null });
    expect(edited.body).toMatchObject({
      ...wishes,
      retryPolicy: { schedule: [] },
      rateLimit: null,
      revision: 2,
    });
    const reset = { retryPolicy: null, ordered: false, orderingKey: null };
    expect((await server.api.patch(path, reset)).body).toMatchObject(reset);
  });

  it('forgets its ordering key when the order is turned off', async () => {
    const { id } = await makeWebhook(server.api, { ordered: true, orderingKey: 'data.id' });
    const edited = await server.api.patch(`/v1/webhooks/${id}`, { ordered: false });
    expect(edited).toMatchObject({ status: 200, body: { ordered: false, orderingKey: null } });
  });

  it('can be edited when an older version stored a key without order', async () => {
    const { id } = await makeWebhook(server.api);
    await server.query(`UPDATE webhooks SET ordering_key = 'data.id' WHERE id = $1`, [id]);
    const edited = await server.api.patch(`/v1/webhooks/${id}`, { enabled: true });
    expect(edited).toMatchObject({ status: 200, body: { ordered: false, orderingKey: 'data.id' } });
    const named = await server.api.patch(`/v1/webhooks/${id}`, { orderingKey: 'data.x' });
    expect(named).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'ordering_key_without_order' }] },
    });
  });

  it('tells every fault at once', async () => {
    const answer = await server.api.post(
      '/v1/webhooks',
      webhookInput({ url: 'x', events: ['nope'], headers: { host: 'x' }, secret: 'short' }),
    );
    expect(answer).toMatchObject({
      body: {
        errors: [
          { path: 'url' },
          { path: 'events[0]' },
          { path: 'headers.host' },
          { path: 'secret' },
        ],
      },
    });
  });

  it('has a name of its own in its workspace', async () => {
    const { name, id } = await makeWebhook(server.api);
    const taken = { status: 409, body: { code: 'name_taken' } };
    expect(await server.api.post('/v1/webhooks', webhookInput({ name }))).toMatchObject(taken);
    const other = await makeWebhook(server.api);
    expect(await server.api.patch(`/v1/webhooks/${other.id}`, { name })).toMatchObject(taken);
    expect(await server.api.patch(`/v1/webhooks/${id}`, { name })).toMatchObject({ status: 200 });
    const { api } = await server.newWorkspace();
    expect(await api.post('/v1/webhooks', webhookInput({ name }))).toMatchObject({ status: 201 });
  });

  it('is not overwritten by an admin who read an older revision', async () => {
    const { id } = await makeWebhook(server.api);
    const path = `/v1/webhooks/${id}`;
    const editAs = (revision: string, name: string) =>
      server.api.patch(path, { name }, { 'if-match': revision });

    expect(await editAs('"1"', 'first')).toMatchObject({ status: 200 });
    const late = { status: 412, body: { code: 'revision_conflict' } };
    expect(await editAs('"1"', 'second')).toMatchObject(late);
    expect(await server.api.delete(path, { 'if-match': '"1"' })).toMatchObject(late);
    const rotate = await server.api.post(`${path}/rotate-secret`, {}, { 'if-match': '"1"' });
    expect(rotate).toMatchObject(late);
    expect(await editAs('three', 'x')).toMatchObject({
      status: 400,
      body: { code: 'invalid_if_match' },
    });
    expect((await server.api.get(path)).body).toMatchObject({ name: 'first', revision: 2 });

    const both = await Promise.all([editAs('"2"', 'left'), editAs('"2"', 'right')]);
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(['200', '412']);
    expect((await server.api.delete(path, { 'if-match': '"3"' })).status).toBe(204);
  });

  it('is not deleted by an admin who read it before an edit that is just being stored', async () => {
    const { id } = await makeWebhook(server.api);
    const path = `/v1/webhooks/${id}`;
    const deleted = await whileHeld(
      server,
      (edit) => edit.query('UPDATE webhooks SET revision = 2 WHERE id = $1', [id]),
      () => server.api.delete(path, { 'if-match': '"1"' }),
    );
    expect(deleted).toMatchObject({ status: 412, body: { code: 'revision_conflict' } });
    expect((await server.api.get(path)).body).toMatchObject({ revision: 2 });
  });

  it('cannot be deleted while an automation uses it', async () => {
    const { id } = await makeWebhook(server.api);
    const automation = await makeAutomation(server.api, { webhookId: id });
    const refused = await server.api.delete(`/v1/webhooks/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_in_use' } });
    await server.api.delete(`/v1/automations/${automation.id}`);
    expect((await server.api.delete(`/v1/webhooks/${id}`)).status).toBe(204);
  });
});

describe('the secret of a webhook', () => {
  it('is generated, shown once, and encrypted in the table', async () => {
    const { id, secret } = await makeWebhook(server.api);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const answers = [
      await server.api.get(`/v1/webhooks/${id}`),
      await server.api.get('/v1/webhooks'),
      await server.api.patch(`/v1/webhooks/${id}`, { enabled: true }),
    ];
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(secret.slice(6));
    const [row] = await server.query<{ row: string; secret: Buffer }>(
      'SELECT w::text AS row, secret FROM webhooks w WHERE id = $1',
      [id],
    );
    expect(row?.row).not.toContain(secret.slice(6));
    expect(row?.secret.includes(secret)).toBe(false);
    expect(row?.secret.includes(Buffer.from(secret.slice(6), 'base64'))).toBe(false);
  });

  it('can be given', async () => {
    const { id, secret } = await makeWebhook(server.api, { url: receiver.url, secret: SECRET });
    expect(secret).toBe(SECRET);
    expect(verify(SECRET, await sendTest(id))).toMatchObject({ event: 'webhook.test' });
  });

  it('rotates with a grace time in which both secrets verify', async () => {
    const { id, secret: old } = await makeWebhook(server.api, { url: receiver.url });
    const rotated = await server.api.post<NewWebhookView>(`/v1/webhooks/${id}/rotate-secret`, {
      graceHours: 1,
    });
    expect(rotated.body.secret).not.toBe(old);
    const graceMs = Date.parse(rotated.body.previousSecretExpiresAt ?? '') - Date.now();
    expect(graceMs).toBeGreaterThan(3_500_000);
    expect(graceMs).toBeLessThanOrEqual(3_600_000);

    const inGrace = await sendTest(id);
    expect(inGrace?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    verify(old, inGrace);
    verify(rotated.body.secret, inGrace);

    const at_once = await server.api.post<NewWebhookView>(`/v1/webhooks/${id}/rotate-secret`, {
      secret: SECRET,
      graceHours: 0,
    });
    expect(at_once.body).toMatchObject({ secret: SECRET, previousSecretExpiresAt: null });
    const after = await sendTest(id);
    verify(SECRET, after);
    expect(() => verify(rotated.body.secret, after)).toThrow('No matching signature found');
  });

  it.each([
    [{ graceHours: -1 }, 'graceHours'],
    [{ graceHours: 721 }, 'graceHours'],
    [{ secret: 'x' }, 'secret'],
    [{ grace: 1 }, 'grace'],
  ])('does not rotate with %j', async (body, path) => {
    const { id } = await makeWebhook(server.api);
    const answer = await server.api.post(`/v1/webhooks/${id}/rotate-secret`, body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect((await server.api.get(`/v1/webhooks/${id}`)).body).toMatchObject({ revision: 1 });
  });
});

describe('a test event', () => {
  it('reaches the receiver of this webhook alone, whatever it subscribes to', async () => {
    await makeWebhook(server.api, { url: receiver.url, events: ['*'] });
    const { id } = await makeWebhook(server.api, { url: receiver.url, events: ['user.deleted'] });
    const sent = await server.api.post<{ id: string }>(`/v1/webhooks/${id}/test`, {
      data: { hello: 'there' },
    });
    expect(sent.status).toBe(202);
    const deliveries = await settledDeliveries(server.api, sent.body.id);
    expect(deliveries).toMatchObject([{ webhookId: id, automationId: null, status: 'delivered' }]);
    const [request] = requestsOf(deliveries[0]?.id);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      event: 'webhook.test',
      data: { hello: 'there' },
    });
    const event = await server.api.get(`/v1/events/${sent.body.id}`);
    expect(event.body).toMatchObject({ type: 'webhook.test', test: true });
  });

  it('needs no body', async () => {
    const { id } = await makeWebhook(server.api, { url: receiver.url });
    const sent = await server.api.send(`/v1/webhooks/${id}/test`, { method: 'POST', headers: {} });
    expect(sent.status).toBe(202);
  });

  it('is refused for a disabled webhook, with what to do', async () => {
    const { id } = await makeWebhook(server.api, { enabled: false });
    const answer = await server.api.post(`/v1/webhooks/${id}/test`, {});
    expect(answer).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
  });
});

describe('custom headers', () => {
  it('keep the values that come back masked, and take no mask for a value', async () => {
    const headers = { Authorization: 'Bearer s3cr3t' };
    const { id } = await makeWebhook(server.api, { url: receiver.url, headers });
    const path = `/v1/webhooks/${id}`;
    const kept = await server.api.patch(path, { headers: { authorization: '***' } });
    expect(kept).toMatchObject({ status: 200, body: { headers: { authorization: '***' } } });
    expect((await sendTest(id))?.headers.authorization).toBe('Bearer s3cr3t');

    const masked = { headers: { 'x-api-key': '***' } };
    const fault = { path: 'headers.x-api-key', code: 'masked_value' };
    for (const refused of [
      await server.api.patch(path, masked),
      await server.api.post('/v1/webhooks', webhookInput(masked)),
    ]) {
      expect(refused).toMatchObject({ status: 422, body: { errors: [fault] } });
    }
  });

  it('are sent as they are, and shown masked where they are secret', async () => {
    const headers = { Authorization: 'Bearer s3cr3t', 'X-Team': 'crm', 'X-Token': 't0k3n' };
    const { id, headers: shown } = await makeWebhook(server.api, {
      url: receiver.url,
      events: ['user.created'],
      headers,
      maskedHeaders: ['x-token'],
    });
    expect(shown).toEqual({ Authorization: '***', 'X-Team': 'crm', 'X-Token': '***' });

    const event = await publish(server.api);
    const deliveries = await settledDeliveries(server.api, event);
    const delivery = deliveries.find(({ webhookId }) => webhookId === id);
    const [request] = requestsOf(delivery?.id);
    expect(request?.headers).toMatchObject({ authorization: 'Bearer s3cr3t', 'x-token': 't0k3n' });

    const logged = await server.api.get<DeliveryWithAttempts>(`/v1/deliveries/${delivery?.id}`);
    expect(logged.body.attempts[0]?.requestHeaders).toMatchObject({
      authorization: '***',
      'x-team': 'crm',
      'x-token': '***',
    });
    const everything = [logged.body, (await server.api.get('/v1/webhooks')).body];
    expect(JSON.stringify(everything)).not.toMatch(/s3cr3t|t0k3n/);
  });
});
