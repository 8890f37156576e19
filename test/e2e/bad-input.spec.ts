import assert from 'node:assert/strict';
import { connect } from 'node:net';
import {
  eventInput,
  makeAutomation,
  makeWebhook,
  NOWHERE,
  webhookInput,
} from '../support/builders.js';
import type { Answer, ProblemBody, RawRequest } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let webhookId: string;
let automationId: string;
let before: Record<string, number>;

beforeAll(async () => {
  server = await startTestServer();
  webhookId = (await makeWebhook(server.api, { url: 'http://127.0.0.1:9/hook' })).id;
  automationId = (await makeAutomation(server.api, { webhookId })).id;
  before = await server.rowCounts();
});
afterAll(() => server.stop());

// Whatever was sent: nothing was stored, nothing is on its way, and the server still answers.
afterEach(async () => {
  assert.deepEqual(await server.rowCounts(), before);
  assert.equal((await server.api.get('/readyz')).status, 200);
});

const JSON_TYPE = { 'content-type': 'application/json' };
const send = (path: string, request: Partial<RawRequest>): Promise<Answer<ProblemBody>> =>
  server.api.send(path, { method: 'POST', headers: JSON_TYPE, ...request });

/** The problem, stripped to what programs branch on. */
function told({ status, headers, body }: Answer<ProblemBody>): string {
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({ type: 'about:blank', status, detail: expect.stringMatching(/./) });
  const faults = body.errors?.map(({ path, code }) => ` ${path}: ${code}`) ?? [];
  return `${status} ${body.code}${faults.join('')}`;
}

const event = (data: string): string => `{"type":"user.created","data":${data}}`;
const withField = (field: string): string => `{"type":"user.created","data":{},${field}}`;
const webhook = (differences: object): string => JSON.stringify(webhookInput(differences));
const headers = (text: string): string =>
  `{"name":"p","url":"http://a.example","headers":{${text}}}`;
const automation = (field: string): string =>
  `{"name":"p","triggers":["*"],"webhookId":"${webhookId}",${field}}`;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const long = (size: number): string => 'x'.repeat(size);

describe('a body that is not JSON', () => {
  it.each([
    ['breaks off', '{"type": "user.cre', 'it ends too early'],
    ['breaks off after a comma', '{"type": "user.created",', 'it ends too early'],
    ['is empty', '', 'it is empty'],
    ['is blank', ' \n', 'it is empty'],
    ['lacks a value', '{"type": "user.created",\n "data": }', 'see line 2, column 10'],
    ['has a comma too many', '{"type": "user.created",}', 'see line 1, column 25'],
    ['is in single quotes', "{'type': 1}", 'see line 1, column 2'],
    ['goes on after the end', '{} {}', 'see line 1, column 4'],
    ['has a raw NUL in a text', event('{"a":"\0"}'), 'see line 1, column 37'],
    ['begins with a byte order mark', `\ufeff${event('{}')}`, 'see line 1, column 1'],
    ['says NaN', event('NaN'), 'see line 1, column 31'],
  ])('that %s is refused with the place', async (_, body, place) => {
    const answer = await send('/v1/events', { body });
    expect(told(answer)).toBe('400 malformed_json');
    expect(answer.body.detail).toBe(`The body is not valid JSON: ${place}.`);
  });

  it.each([
    ['bytes that no character has', bytes('{"type":"user.created","data":{"a":"', [0xff], '"}}')],
    [
      'a surrogate in UTF-8',
      bytes('{"type":"user.created","data":{"a":"', [0xed, 0xa0, 0x80], '"}}'),
    ],
    ['an overlong NUL', bytes('{"type":"user.created","data":{"', [0xc0, 0x80], '":1}}')],
  ])('but %s is refused', async (_, body) => {
    expect(told(await send('/v1/events', { body }))).toBe('400 malformed_json');
  });

  it('is refused where a body is missing', async () => {
    const paths = ['/v1/events', '/v1/webhooks', `/v1/webhooks/${webhookId}/test`];
    for (const path of paths) {
      expect(told(await send(path, { headers: {} }))).toBe('400 malformed_json');
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ';;'])(
    'but %s is refused with 415',
    async (type) => {
      const answer = await send('/v1/events', { headers: { 'content-type': type }, body: 'a=b' });
      expect(told(answer)).toBe('415 unsupported_media_type');
    },
  );
});

describe('an event', () => {
  it.each([
    ['a list', '[]', ': wrong_type'],
    ['null', 'null', ': wrong_type'],
    ['a text', '"x"', ': wrong_type'],
    ['nothing', '{}', 'type: required data: required'],
    ['a number for a type', '{"type":1,"data":{}}', 'type: wrong_type'],
    ['a list for data', event('[]'), 'data: wrong_type'],
    ['a field too many', withField('"acter":{}'), 'acter: unknown_field'],
    ['half a change', withField('"changes":{"a":{"old":1}}'), 'changes.a.new: required'],
    [
      'a change too many',
      withField('"changes":{"a":{"old":1,"new":2,"x":3}}'),
      'changes.a.x: unknown_field',
    ],
    ['no time', withField('"occurredAt":"now"'), 'occurredAt: invalid_format'],
    ['the year 0', withField('"occurredAt":"0000-01-01T00:00:00Z"'), 'occurredAt: invalid_value'],
    [
      'the year 10000',
      withField('"occurredAt":"9999-12-31T23:59:59-23:59"'),
      'occurredAt: invalid_value',
    ],
    [
      'a time of 4 KiB',
      withField(`"occurredAt":"2026-01-01T00:00:00.${'1'.repeat(4096)}Z"`),
      'occurredAt: too_large',
    ],
    ['an id of 201 characters', withField(`"id":"${long(201)}"`), 'id: too_large'],
    ['an empty id', withField('"id":""'), 'id: too_small'],
    ['an escaped NUL', event('{"a":"x\\u0000"}'), 'data.a: nul_byte'],
    ['a NUL in a key', event('{"a\\u0000b":1}'), 'data["a\\u0000b"]: nul_byte'],
    ['half a surrogate pair', event('{"a":["\\ud800"]}'), 'data.a[0]: lone_surrogate'],
    ['half a pair in a key', event('{"\\udc00":1}'), 'data["\ufffd"]: lone_surrogate'],
    ['a NUL in its id', withField('"id":"\\u0000"'), 'id: nul_byte'],
    ['a number without end', event('{"n":[1e400]}'), 'data.n[0]: number_out_of_range'],
    ['one without beginning', event('{"n":-1e400}'), 'data.n: number_out_of_range'],
    [
      '__proto__ deep inside',
      event('{"a":[{"__proto__":{}}]}'),
      'data.a[0].__proto__: forbidden_key',
    ],
    ['__proto__ in disguise', event('{"__pr\\u006fto__":1}'), 'data.__proto__: forbidden_key'],
    ['constructor', event('{"constructor":1}'), 'data.constructor: forbidden_key'],
    ['prototype', event('{"prototype":1}'), 'data.prototype: forbidden_key'],
    ['__proto__ as a field', withField('"__proto__":{"id":"x"}'), '__proto__: forbidden_key'],
    [
      'constructor as a change',
      withField('"changes":{"constructor":{"old":1,"new":2}}'),
      'changes.constructor: forbidden_key',
    ],
    [
      'prototype as an actor',
      withField('"actor":{"prototype":1}'),
      'actor.prototype: forbidden_key',
    ],
  ])('of %s is refused with the path', async (_, body, faults) => {
    expect(told(await send('/v1/events', { body }))).toBe(`422 invalid_input ${faults}`);
  });

  it('nested deeper than 64 levels is refused, however deep', async () => {
    for (const depth of [63, 64, 5_000, 100_000]) {
      const answer = await send('/v1/events', { body: event(`{"a":${nested(depth)}}`) });
      expect(answer.body.errors).toMatchObject([{ code: 'too_deep' }]);
      expect(told(answer)).toMatch(/^422 invalid_input data\.a\[0\]/);
    }
  });

  it('with a field that is almost right is told the right one', async () => {
    const answer = await send('/v1/events', { body: withField('"occuredAt":1') });
    expect(answer.body.detail).toContain('did you mean "occurredAt"?');
  });

  it('with thousands of faults is told the first twenty', async () => {
    const fields = Array.from({ length: 5_000 }, (_, index) => `"field${index}":1`).join();
    const unknown = await send('/v1/events', { body: withField(fields) });
    expect(unknown.body.errors).toHaveLength(20);
    const nuls = Array.from({ length: 5_000 }, () => '"\\u0000"').join();
    const forbidden = await send('/v1/events', { body: event(`{"a":[${nuls}]}`) });
    expect(forbidden.body.errors).toHaveLength(20);
  });
});

describe('a body over the limit', () => {
  const KIB = 1024;
  /** Sent in chunks, so that no content-length tells its size. */
  const chunked = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < size; sent += 64 * KIB)
          controller.enqueue(new Uint8Array(64 * KIB).fill(0x20));
        controller.close();
      },
    });

  it.each([
    ['an event', '/v1/events', 270 * KIB],
    ['a batch', '/v1/events/batch', 6 * KIB * KIB],
    ['a webhook', '/v1/webhooks', 600 * KIB],
    ['an automation', '/v1/automations', 600 * KIB],
    ['a preview', '/v1/automations/preview', 600 * KIB],
  ])('is refused for %s, with and without a content-length', async (_, path, size) => {
    for (const body of [' '.repeat(size), chunked(size)]) {
      const answer = await send(path, { body });
      expect(told(answer)).toBe('413 body_too_large');
      expect(answer.body.detail).toMatch(/the \d{6,7} bytes/);
    }
  });
});

describe('a webhook', () => {
  it.each([
    ['__proto__ for a header', headers('"__proto__":"x"'), 'headers.__proto__: forbidden_key'],
    [
      'constructor for a header',
      headers('"constructor":"x"'),
      'headers.constructor: forbidden_key',
    ],
    ['a NUL in its name', webhook({ name: 'a\0' }), 'name: nul_byte'],
    ['half a surrogate pair', webhook({ description: '\ud83d' }), 'description: lone_surrogate'],
    ['a NUL in its url', webhook({ url: 'http://a\0b/' }), 'url: nul_byte'],
    ['a broken address', webhook({ url: 'http://[::1' }), 'url: invalid_url'],
    ['50,000 events', webhook({ events: Array(50_000).fill('a.b') }), 'events: too_many_triggers'],
    ['an object for events', webhook({ events: { 0: '*' } }), 'events: wrong_type'],
    ['a header of 5 KiB', webhook({ headers: { a: long(5_000) } }), 'headers.a: header_too_long'],
  ])('with %s is refused', async (_, body, faults) => {
    expect(told(await send('/v1/webhooks', { body }))).toBe(`422 invalid_input ${faults}`);
  });
});

describe('an automation', () => {
  const zeros = `[${'0,'.repeat(99_999)}0]`;

  it.each([
    ['an unknown operator', '"condition":{"eval":["1"]}', 'condition.eval: unknown_operator'],
    [
      '__proto__ for an operator',
      '"condition":{"__proto__":[1]}',
      'condition.__proto__: forbidden_key',
    ],
    [
      'constructor inside',
      '"condition":{"!":{"constructor":1}}',
      'condition["!"].constructor: forbidden_key',
    ],
    [
      'a path to a prototype',
      '"condition":{"var":"data.__proto__"}',
      'condition.var: forbidden_path',
    ],
    ['a list of 100,000', `"condition":{"in":[1,${zeros}]}`, 'condition.in[1]: list_too_long'],
    ['100,000 arguments', `"condition":{"and":${zeros}}`, 'condition.and: list_too_long'],
    [
      'a number without end',
      '"condition":{">":[1e400,1]}',
      'condition[">"][0]: number_out_of_range',
    ],
    ['a syntax error', '"template":"{% for"', 'template: syntax_error'],
    ['a NUL in its template', '"template":"\\u0000"', 'template: nul_byte'],
    ['a text for a priority', '"priority":"1"', 'priority: wrong_type'],
    ['a priority without end', '"priority":1e400', 'priority: number_out_of_range'],
    ['no id for a webhook', '"webhookId":"x"', 'webhookId: invalid_format'],
    ['100,000 triggers', `"triggers":[${'"*",'.repeat(99_999)}"*"]`, 'triggers: too_many_triggers'],
  ])('with %s is refused, new or edited', async (_, field, faults) => {
    const made = await send('/v1/automations', { body: automation(field) });
    expect(told(made)).toBe(`422 invalid_input ${faults}`);
    const path = `/v1/automations/${automationId}`;
    const edited = await send(path, { method: 'PATCH', body: `{${field}}` });
    expect(told(edited)).toBe(`422 invalid_input ${faults}`);
  });

  it('whose condition is nested too deeply is refused', async () => {
    const condition = `${'{"!":'.repeat(30)}true${'}'.repeat(30)}`;
    const answer = await send('/v1/automations', { body: automation(`"condition":${condition}`) });
    expect(answer.body.errors).toMatchObject([{ code: 'too_deep' }]);
  });

  it.each([
    ['nothing', {}, ': invalid_value : invalid_value'],
    [
      'two rules and two events',
      { automation: {}, automationId: NOWHERE, event: eventInput(), eventId: NOWHERE },
      ': invalid_value : invalid_value',
    ],
    [
      'a misspelt field',
      { automation: { tmplate: '' }, event: eventInput() },
      'automation.tmplate: unknown_field',
    ],
  ])('cannot be previewed with %s', async (_, body, faults) => {
    const answer = await send('/v1/automations/preview', { body: JSON.stringify(body) });
    expect(told(answer)).toBe(`422 invalid_input ${faults}`);
  });
});

describe('an address', () => {
  it.each([
    ['/v1/webhooks/x', '422 invalid_input id: invalid_format'],
    ['/v1/webhooks/%00', '422 invalid_input id: invalid_format'],
    ['/v1/webhooks/%ff', '400 bad_request'],
    ['/v1/webhooks/%', '400 bad_request'],
    [`/v1/webhooks/${long(300)}`, '414 bad_request'],
    [`/v1/events/${NOWHERE}'--`, '422 invalid_input id: invalid_format'],
    ['/v1/nothing', '404 no_such_route'],
    ['/', '404 no_such_route'],
    ['/v1/webhooks/', '404 no_such_route'],
    ['/v1/events?limit=0', '422 invalid_input limit: too_small'],
    ['/v1/events?limit=101', '422 invalid_input limit: too_large'],
    ['/v1/events?limit=1.5', '422 invalid_input limit: wrong_type'],
    ['/v1/events?limit=many', '422 invalid_input limit: wrong_type'],
    ['/v1/events?limit=1&limit=2', '422 invalid_input limit: wrong_type'],
    ['/v1/events?typ=user.created', '422 invalid_input typ: unknown_field'],
    ['/v1/events?__proto__=1', '422 invalid_input __proto__: unknown_field'],
    ['/v1/events?type=a%00.b', '422 invalid_input type: invalid_value'],
    ['/v1/events?since=yesterday', '422 invalid_input since: invalid_format'],
    ['/v1/events?cursor=', '422 invalid_input cursor: too_small'],
    ['/v1/events?cursor=abc', '400 invalid_cursor'],
    ['/v1/events?cursor=%00', '400 invalid_cursor'],
    ['/v1/deliveries?statusCode=99', '422 invalid_input statusCode: too_small'],
    ['/v1/deliveries?status=sent', '422 invalid_input status: invalid_value'],
    ['/v1/deliveries?eventId=1', '422 invalid_input eventId: invalid_format'],
  ])('%.80s is refused', async (path, expected) => {
    expect(told(await send(path, { method: 'GET', headers: {} }))).toBe(expected);
  });

  it.each([
    ['PUT', '/v1/webhooks'],
    ['DELETE', '/v1/webhooks'],
    ['POST', '/v1/deliveries'],
    ['PATCH', '/v1/events'],
    ['OPTIONS', '/v1/webhooks'],
  ])('takes no %s %s', async (method, path) => {
    expect(told(await send(path, { method, headers: {} }))).toBe('404 no_such_route');
  });
});

describe('a header', () => {
  it('beyond 16 KiB is refused', async () => {
    const answer = await send('/v1/events', { headers: { ...JSON_TYPE, 'x-big': long(20_000) } });
    expect(told(answer)).toBe('431 headers_too_large');
  });

  it('If-Match that is no revision is refused', async () => {
    for (const revision of ['"1", "2"', 'abc', '"-1"', '1e3']) {
      const headers = { ...JSON_TYPE, 'if-match': revision };
      const answer = await send(`/v1/webhooks/${webhookId}`, {
        method: 'PATCH',
        headers,
        body: '{}',
      });
      expect(told(answer)).toBe('400 invalid_if_match');
    }
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['no request at all', 'NONSENSE\r\n\r\n'],
    ['a negative length', 'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n{}'],
    [
      'two lengths',
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('is refused: %s', async (_, text) => {
    const answer = await speak(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('content-type: application/problem+json');
    expect(answer).toContain('"code":"bad_request"');
  });
});

/** Writes bytes to the server and gives what it says until it hangs up. */
function speak(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
    socket.write(text);
  });
}
