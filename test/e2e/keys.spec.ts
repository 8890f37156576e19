import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { NOWHERE, type PageView, uniqueName } from '../support/builders.js';
import type { Client, ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface KeyView {
  id: string;
  name: string;
  hint: string;
  scopes: string[];
  key: string;
  revokedAt: string | null;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const makeKey = (differences: object = {}): Promise<KeyView> =>
  server.api.make('/v1/api-keys', {
    name: uniqueName('key'),
    scopes: ['read:logs'],
    ...differences,
  });

const holderOf = (key: string | undefined): Client => server.api.as(key);

describe('a request without a good key', () => {
  it('is refused with 401 and the same words, whatever is wrong with the key', async () => {
    const revoked = await makeKey();
    await server.api.delete(`/v1/api-keys/${revoked.id}`);
    const expired = await makeKey({ expiresAt: new Date(Date.now() + 200).toISOString() });
    await until('the key has expired', async () => {
      const { status } = await holderOf(expired.key).get('/v1/deliveries');
      return status === 401;
    });

    const strangers = [undefined, 'bugle_wrong', 'x', revoked.key, expired.key, `${revoked.key}x`];
    const answers = await Promise.all(strangers.map((key) => holderOf(key).get('/v1/deliveries')));
    const words = new Set(answers.map(({ body }) => JSON.stringify(body)));
    expect(words.size).toBe(1);
    for (const { status, headers, body } of answers) {
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ code: 'unauthorized', title: 'Unauthorized' });
    }
  });

  it.each([
    ['of another kind', 'Basic Ym9iOmJvYg=='],
    ['without a key', 'Bearer'],
    ['with blanks for a key', 'Bearer  '],
    ['without the word Bearer', 'bugle_x'],
    ['with two keys', 'Bearer a b'],
    ['with a key without end', `Bearer ${'x'.repeat(9000)}`],
  ])('is refused with an authorization header %s', async (_, authorization) => {
    const answer = await holderOf(undefined).get('/v1/deliveries', { authorization });
    expect(answer.status).toBe(401);
  });

  it('costs no parsing: a stranger with a broken body learns nothing about it', async () => {
    const answer = await holderOf(undefined).send('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{broken',
    });
    expect(answer.status).toBe(401);
  });
});

describe('the scopes of a key', () => {
  const routes: [route: string, accepted: string[]][] = [
    ['GET /v1/webhooks', ['manage:webhooks']],
    ['POST /v1/webhooks', ['manage:webhooks']],
    [`POST /v1/webhooks/${NOWHERE}/test`, ['manage:webhooks']],
    ['GET /v1/automations', ['manage:automations']],
    ['POST /v1/automations/preview', ['manage:automations']],
    ['POST /v1/events', ['publish:events']],
    ['POST /v1/events/batch', ['publish:events']],
    ['GET /v1/events', ['read:logs']],
    ['GET /v1/deliveries', ['read:logs']],
    [`GET /v1/deliveries/${NOWHERE}`, ['read:logs']],
    [`POST /v1/deliveries/${NOWHERE}/redeliver`, ['redeliver']],
    [
      'GET /v1/event-types',
      ['manage:automations', 'manage:webhooks', 'publish:events', 'read:logs'],
    ],
    ['POST /v1/event-types', ['manage:automations']],
    ['GET /v1/api-keys', ['admin']],
    ['POST /v1/api-keys', ['admin']],
    ['GET /v1/workspace', ['admin']],
    ['POST /v1/workspaces', ['admin']],
  ];
  const scopes = ['manage:webhooks', 'manage:automations', 'publish:events', 'read:logs'];
  const holders = new Map<string, Client>();

  beforeAll(async () => {
    for (const scope of [...scopes, 'redeliver', 'admin']) {
      const { key } = await makeKey({ scopes: [scope] });
      holders.set(scope, holderOf(key));
    }
  });

  it.each(routes)('%s is open to %j and admin only', async (route, accepted) => {
    const [method = '', path = ''] = route.split(' ');
    const opened: string[] = [];
    for (const [scope, client] of holders) {
      const { status, body } = await client.send<ProblemBody>(path, { method });
      if (body.code !== 'missing_scope') opened.push(scope);
      else assert.ok(status === 403 && accepted.every((wanted) => body.detail.includes(wanted)));
    }
    expect(opened.toSorted()).toEqual([...new Set([...accepted, 'admin'])].toSorted());
  });

  it('can be several', async () => {
    const { key } = await makeKey({ scopes: ['publish:events', 'read:logs'] });
    const statuses = await Promise.all([
      holderOf(key).get('/v1/events'),
      holderOf(key).post('/v1/events', { type: 'user.created', data: {} }),
      holderOf(key).get('/v1/webhooks'),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 202, 403]);
  });
});

describe('a key', () => {
  it('is shown once, on creation, and is stored as a hash only', async () => {
    const { id, key, hint } = await makeKey();
    expect(key).toMatch(/^bugle_[\w-]{43}$/);
    expect(hint).toBe(`…${key.slice(-4)}`);
    const [row] = await server.query<{ hash: Buffer }>('SELECT * FROM api_keys WHERE id = $1', [
      id,
    ]);
    expect(row?.hash.toString('hex')).toBe(createHash('sha256').update(key).digest('hex'));
    expect(JSON.stringify(row)).not.toContain(key);
  });

  it('is never listed, and a revoked one stays on the list', async () => {
    const { id, key } = await makeKey({ name: 'listed' });
    await server.api.delete(`/v1/api-keys/${id}`);
    const list = await server.api.get<PageView<KeyView>>('/v1/api-keys?limit=100');
    expect(JSON.stringify(list.body)).not.toContain(key);
    const listed = list.body.data.find((row) => row.id === id);
    expect(listed).toMatchObject({ name: 'listed', scopes: ['read:logs'] });
    expect(listed).not.toHaveProperty('key');
    expect(listed?.revokedAt).toEqual(expect.any(String));
  });

  it('can be renamed', async () => {
    const { id } = await makeKey();
    const renamed = await server.api.patch<KeyView>(`/v1/api-keys/${id}`, { name: 'billing' });
    expect(renamed).toMatchObject({ status: 200, body: { id, name: 'billing' } });
  });

  it('is refused from the moment its revocation was answered', async () => {
    const { id, key } = await makeKey();
    expect((await holderOf(key).get('/v1/deliveries')).status).toBe(200);
    expect((await server.api.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect((await holderOf(key).get('/v1/deliveries')).status).toBe(401);
    expect((await server.api.delete(`/v1/api-keys/${id}`)).status).toBe(404);
  });

  it('that is revoked here is refused by every other process too', async () => {
    const other = await server.join({ BUGLE_ROLE: 'api' });
    try {
      const { id, key } = await makeKey();
      expect((await other.api.as(key).get('/v1/deliveries')).status).toBe(200);
      await server.api.delete(`/v1/api-keys/${id}`);
      await until(
        'the other process refuses the key',
        async () => (await other.api.as(key).get('/v1/deliveries')).status === 401,
        2_000,
      );
    } finally {
      await other.stop();
    }
  });

  it('remembers when it was used, without a write on every request', async () => {
    const { id, key } = await makeKey();
    const other = await server.join({ BUGLE_ROLE: 'api' });
    await other.api.as(key).get('/v1/deliveries');
    const lastUsed = async () => {
      const list = await server.api.get<PageView<KeyView>>('/v1/api-keys?limit=100');
      return list.body.data.find((row) => row.id === id)?.lastUsedAt;
    };
    expect(await lastUsed()).toBeNull();
    await other.stop();
    expect(Date.parse((await lastUsed()) ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each([
    ['no scope', { scopes: [] }, 'scopes'],
    ['a scope that does not exist', { scopes: ['admn'] }, 'scopes[0]'],
    ['an empty name', { name: '' }, 'name'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'name'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['an end that is no time', { expiresAt: 'tomorrow' }, 'expiresAt'],
    ['a misspelt field', { scope: ['admin'] }, 'scope'],
  ])('cannot be made with %s', async (_, differences, path) => {
    const input = { name: 'bad', scopes: ['admin'], ...differences };
    const answer = await server.api.post('/v1/api-keys', input);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});
