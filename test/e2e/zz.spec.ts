import { connect } from 'node:net';
import { eventInput, makeWebhook, NOWHERE, webhookInput } from '../support/builders.js';
import { startTestServer, type TestServer } from '../support/server.js';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
const J = { 'content-type': 'application/json' };
const deep = (n: number) => '['.repeat(n) + ']'.repeat(n);
const ev = (data: string) => `{"type":"user.created","data":${data}}`;
const stream = (size: number) =>
  new ReadableStream<Uint8Array>({
    start(c) {
      for (let i = 0; i < size; i += 65536) c.enqueue(new Uint8Array(65536).fill(32));
      c.close();
    },
  });
it('explores', async () => {
  const w = await makeWebhook(server.api);
  const before = JSON.stringify(await server.rowCounts());
  const out: string[] = [];
  const go = async (label: string, path: string, init: any) => {
    try {
      const a = await server.api.send<any>(path, { method: 'POST', headers: J, ...init });
      out.push(
        `${label}: ${a.status} ${a.headers.get('content-type')?.slice(0, 24)} ${JSON.stringify(a.body).slice(0, 330)}`,
      );
    } catch (e: any) {
      out.push(`${label}: THREW ${e.message} ${e.cause?.code}`);
    }
  };
  const E = '/v1/events';
  await go('broken', E, { body: '{"type": "user.created",\n "data": }' });
  await go('trunc', E, { body: '{"type": "user.cre' });
  await go('empty', E, { body: '' });
  await go('nobody', E, {});
  await go('nobody no ct', E, { headers: {} });
  await go('array', E, { body: '[]' });
  await go('null', E, { body: 'null' });
  await go('string', E, { body: '"x"' });
  await go('ct text', E, { headers: { 'content-type': 'text/plain' }, body: '{}' });
  await go('ct form', E, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
  });
  await go('ct json charset', E, {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(eventInput()),
  });
  await go('ct json latin1', E, {
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    body: JSON.stringify(eventInput()),
  });
  await go('ct junk', E, { headers: { 'content-type': ';;;' }, body: '{}' });
  await go('ct problem+json', E, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{}',
  });
  await go('gzip', E, { headers: { ...J, 'content-encoding': 'gzip' }, body: '{}' });
  await go('utf8 invalid', E, {
    body: Buffer.concat([
      Buffer.from('{"type":"user.created","data":{"a":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}'),
    ]),
  });
  await go('utf16', E, { body: Buffer.from('{"type":"user.created","data":{}}', 'utf16le') });
  await go('bom', E, { body: '\ufeff' + ev('{}') });
  await go('nul raw', E, { body: ev('{"a":"\0"}') });
  await go('nul esc', E, { body: ev('{"a":"x\\u0000"}') });
  await go('nul key', E, { body: ev('{"a\\u0000b":1}') });
  await go('lone', E, { body: ev('{"a":"\\ud800"}') });
  await go('lone key', E, { body: ev('{"\\udc00":1}') });
  await go('lone raw bytes', E, {
    body: Buffer.concat([
      Buffer.from('{"type":"user.created","data":{"a":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}}'),
    ]),
  });
  await go('proto', E, { body: ev('{"a":{"__proto__":{"x":1}}}') });
  await go('proto esc', E, { body: ev('{"a":[{"__pr\\u006fto__":1}]}') });
  await go('constructor', E, { body: ev('{"constructor":{"prototype":1}}') });
  await go('changes proto', E, {
    body: '{"type":"user.created","data":{},"changes":{"__proto__":{"old":1,"new":2}}}',
  });
  await go('actor ctor', E, {
    body: '{"type":"user.created","data":{},"actor":{"constructor":1}}',
  });
  await go('top proto', E, { body: '{"type":"user.created","data":{},"__proto__":{"a":1}}' });
  await go('deep 60', E, { body: ev(`{"a":${deep(60)}}`) });
  await go('deep 61', E, { body: ev(`{"a":${deep(61)}}`) });
  await go('deep 62', E, { body: ev(`{"a":${deep(62)}}`) });
  await go('deep 63', E, { body: ev(`{"a":${deep(63)}}`) });
  await go('deep 64', E, { body: ev(`{"a":${deep(64)}}`) });
  await go('deep 100000', E, { body: ev(`{"a":${deep(100000)}}`) });
  await go('100k elements', E, { body: ev(`{"a":[${'0,'.repeat(99999)}0]}`) });
  await go('1e400', E, { body: ev('{"n":1e400,"m":-1e400}') });
  await go('bigint', E, { body: ev('{"n":12345678901234567890123}') });
  await go('dup keys', E, { body: ev('{"n":1,"n":2}') });
  await go('-0', E, { body: ev('{"n":-0}') });
  await go('large event', E, { body: ev(`{"a":"${'x'.repeat(262144 + 4096)}"}`) });
  await go('event just over data limit', E, { body: ev(`{"a":"${'x'.repeat(262144 + 3000)}"}`) });
  await go('large stream', E, { body: stream(400 * 1024), duplex: 'half' });
  await go('large batch', E + '/batch', { body: stream(6 * 1024 * 1024), duplex: 'half' });
  await go('large webhook', '/v1/webhooks', { body: ' '.repeat(600 * 1024) });
  await go('type too long', E, {
    body: JSON.stringify(eventInput({ type: 'a.' + 'x'.repeat(200) })),
  });
  await go('id too long', E, { body: JSON.stringify(eventInput({ id: 'x'.repeat(201) })) });
  await go('changes shape', E, {
    body: JSON.stringify(
      eventInput({ changes: { a: 1, b: { old: 1 }, c: { old: 1, new: 2, x: 1 } } }),
    ),
  });
  await go('occurredAt', E, { body: JSON.stringify(eventInput({ occurredAt: 'now' })) });
  await go('occurredAt 0000', E, {
    body: JSON.stringify(eventInput({ occurredAt: '0000-01-01T00:00:00Z' })),
  });
  await go('occurredAt 9999', E, {
    body: JSON.stringify(eventInput({ occurredAt: '9999-12-31T23:59:59-23:59' })),
  });
  await go('occurredAt 24:00 offset', E, {
    body: JSON.stringify(eventInput({ occurredAt: '2026-01-01T00:00:00+99:99' })),
  });
  await go('occurredAt frac', E, {
    body: JSON.stringify(
      eventInput({ occurredAt: '2026-01-01T00:00:00.' + '1'.repeat(3000) + 'Z' }),
    ),
  });
  await go('id emoji', E, { body: JSON.stringify(eventInput({ id: '😀'.repeat(100) })) });
  await go('many faults', E, {
    body: ev(`{${Array.from({ length: 500 }, (_, i) => `"a${i}":"\\u0000"`).join(',')}}`),
  });
  await go('unknown 5000', E, {
    body: `{"type":"user.created","data":{},${Array.from({ length: 5000 }, (_, i) => `"a${i}":1`).join(',')}}`,
  });
  await go('wh headers proto', '/v1/webhooks', {
    body: `{"name":"p","url":"http://a.b","headers":{"__proto__":"x"}}`,
  });
  await go('wh headers ctor', '/v1/webhooks', {
    body: `{"name":"p","url":"http://a.b","headers":{"constructor":"x"}}`,
  });
  await go('wh name nul', '/v1/webhooks', { body: JSON.stringify(webhookInput({ name: 'a\0' })) });
  await go('wh url odd', '/v1/webhooks', {
    body: JSON.stringify(webhookInput({ url: 'http://[::1' })),
  });
  await go('wh 40 headers', '/v1/webhooks', {
    body: JSON.stringify(
      webhookInput({
        headers: Object.fromEntries(Array.from({ length: 40 }, (_, i) => ['x' + i, 'y'])),
      }),
    ),
  });
  await go('wh 100k events', '/v1/webhooks', {
    body: JSON.stringify(webhookInput({ events: Array(50000).fill('a.b') })),
  });
  await go('cond proto', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","condition":{"__proto__":[1]}}`,
  });
  await go('cond var proto', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","condition":{"var":"data.__proto__.x"}}`,
  });
  await go('cond deep', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","condition":${'{"!":'.repeat(30)}true${'}'.repeat(30)}}`,
  });
  await go('cond 100k', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","condition":{"in":[1,[${'0,'.repeat(99999)}0]]}}`,
  });
  await go('cond 1e400', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","condition":{">":[1e400,1]}}`,
  });
  await go('tmpl', '/v1/automations', {
    body: JSON.stringify({ name: 'p', triggers: ['*'], webhookId: w.id, template: '{% for' }),
  });
  await go('triggers 100k', '/v1/automations', {
    body: `{"name":"p","webhookId":"${w.id}","triggers":[${'"*",'.repeat(99999)}"*"]}`,
  });
  await go('prio 1e400', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","priority":1e400}`,
  });
  await go('prio string', '/v1/automations', {
    body: `{"name":"p","triggers":["*"],"webhookId":"${w.id}","priority":"1"}`,
  });
  await go('webhook uuid upper', '/v1/automations', {
    body: `{"name":"p1","triggers":["*"],"webhookId":"${w.id.toUpperCase()}"}`,
  });
  const G = { method: 'GET', headers: {} };
  for (const p of [
    '/v1/webhooks/x',
    '/v1/webhooks/%00',
    '/v1/webhooks/%',
    '/v1/webhooks/%ff',
    `/v1/webhooks/${w.id.toUpperCase()}`,
    '/v1/webhooks/' + 'x'.repeat(300),
    '/v1/webhooks/../../etc',
    '/v1/nope',
    '/',
    '//',
    '/v1//webhooks',
    '/v1/webhooks/',
    `/v1/webhooks/${w.id}/`,
    '/v1/events?limit=0',
    '/v1/events?limit=101',
    '/v1/events?limit=1.5',
    '/v1/events?limit=',
    '/v1/events?limit=1e1',
    '/v1/events?limit=0x10',
    '/v1/events?limit=1&limit=2',
    '/v1/events?cursor=',
    '/v1/events?cursor=abc',
    '/v1/events?cursor=%00',
    '/v1/events?cursor=' + 'A'.repeat(500),
    '/v1/events?type=nope',
    '/v1/events?type=%00',
    '/v1/events?type=a%00.b',
    '/v1/events?since=yesterday',
    '/v1/events?since=0001-01-01T00:00:00Z',
    '/v1/events?since=9999-01-01T00:00:00Z&until=9999-12-31T23:59:59Z',
    '/v1/events?typ=x',
    '/v1/events?__proto__=x',
    '/v1/events?constructor=x',
    '/v1/events?limit[a]=1',
    '/v1/deliveries?statusCode=abc',
    '/v1/deliveries?statusCode=99',
    '/v1/deliveries?eventId=1',
    '/v1/deliveries?status=nope',
    `/v1/deliveries?eventId=ffffffff-ffff-7fff-bfff-ffffffffffff`,
    `/v1/deliveries?eventId=ffffffff-ffff-ffff-ffff-ffffffffffff`,
    `/v1/deliveries?eventId=00000000-0000-0000-0000-000000000000`,
    '/v1/event-types?x=1',
    '/v1/workspace?x=1',
    '/docs',
    '/docs/',
    '/openapi.json',
    '/docs/../v1/webhooks',
    '/docs-json',
    '/healthz?x=1',
  ])
    await go('GET ' + p.slice(0, 60), p, G);
  await go('PUT', '/v1/webhooks', { method: 'PUT', body: '{}' });
  await go('DELETE coll', '/v1/webhooks', { method: 'DELETE', headers: {} });
  await go('DELETE with body', `/v1/webhooks/${NOWHERE}`, { method: 'DELETE', body: '{bad' });
  await go('OPTIONS', '/v1/webhooks', { method: 'OPTIONS', headers: {} });
  await go('HEAD', '/v1/webhooks', { method: 'HEAD', headers: {} });
  await go('PATCH id name', `/v1/event-types/user.created`, { method: 'DELETE', headers: {} });
  await go('PATCH type bad', `/v1/event-types/Not%20A%20Name`, { method: 'DELETE', headers: {} });
  await go('redeliver w/ body', `/v1/deliveries/${NOWHERE}/redeliver`, { body: '{bad' });
  await go('test no body', `/v1/webhooks/${w.id}/test`, { headers: {} });
  await go('test no body ct', `/v1/webhooks/${w.id}/test`, {});
  await go('test arr', `/v1/webhooks/${w.id}/test`, { body: '{"data":[]}' });
  await go('ifmatch', `/v1/webhooks/${w.id}`, {
    method: 'PATCH',
    headers: { ...J, 'if-match': '"1", "2"' },
    body: '{}',
  });
  await go('idem bad', E, {
    headers: { ...J, 'idempotency-key': '\t' },
    body: JSON.stringify(eventInput()),
  });
  await go('huge header', E, { headers: { ...J, 'x-big': 'x'.repeat(20000) }, body: '{}' });
  await go('preview none', '/v1/automations/preview', { body: '{}' });
  await go('preview both', '/v1/automations/preview', {
    body: JSON.stringify({
      automation: {},
      automationId: NOWHERE,
      event: eventInput(),
      eventId: NOWHERE,
    }),
  });
  await go('preview big int', '/v1/automations/preview', {
    body: JSON.stringify({ automation: {}, event: eventInput({ type: 'nope' }) }),
  });
  await go('method override', '/v1/webhooks', {
    method: 'POST',
    headers: { ...J, 'x-http-method-override': 'DELETE' },
    body: '{}',
  });
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const { port } = new URL(server.address);
      const s = connect(Number(port), '127.0.0.1', () => s.write(text));
      let got = '';
      s.on('data', (d) => {
        got += d;
      });
      s.on('close', () => resolve(got));
      s.on('error', (e) => resolve(got + e.message));
      setTimeout(() => s.end(), 500);
    });
  out.push('raw junk: ' + (await raw('NONSENSE\r\n\r\n')).slice(0, 400));
  out.push(
    'raw len mismatch: ' +
      (
        await raw(
          `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.api.key}\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{}`,
        )
      ).slice(0, 400),
  );
  out.push(
    'raw neg len: ' +
      (await raw(`POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n{}`)).slice(
        0,
        400,
      ),
  );
  out.push(
    'raw smuggle: ' +
      (
        await raw(
          `POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
        )
      ).slice(0, 400),
  );
  out.push('raw no host: ' + (await raw(`GET /healthz HTTP/1.1\r\n\r\n`)).slice(0, 400));
  console.log(out.join('\n'));
  console.log(before, '\n', JSON.stringify(await server.rowCounts()));
}, 60000);
