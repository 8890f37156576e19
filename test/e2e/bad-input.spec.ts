import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { long, type Refusing, startRefusing, told } from './bad-input.fixture.js';

let trial: Refusing;

beforeAll(async () => {
  trial = await startRefusing();
});
afterAll(() => trial.server.stop());
afterEach(() => trial.assertUndisturbed());

const event = (data: string): string => `{"type":"user.created","data":${data}}`;
const withField = (field: string): string => `{"type":"user.created","data":{},${field}}`;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

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
    const answer = await trial.send('/v1/events', { body });
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
    expect(told(await trial.send('/v1/events', { body }))).toBe('400 malformed_json');
  });

  it('is refused where a body is missing', async () => {
    const paths = ['/v1/events', '/v1/webhooks', '/v1/automations'];
    for (const path of paths) {
      expect(told(await trial.send(path, { headers: {} }))).toBe('400 malformed_json');
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ';;'])(
    'but %s is refused with 415',
    async (type) => {
      const answer = await trial.send('/v1/events', {
        headers: { 'content-type': type },
        body: 'a=b',
      });
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
    expect(told(await trial.send('/v1/events', { body }))).toBe(`422 invalid_input ${faults}`);
  });

  it('nested deeper than 64 levels is refused, however deep', async () => {
    for (const depth of [63, 64, 5_000, 100_000]) {
      const answer = await trial.send('/v1/events', { body: event(`{"a":${nested(depth)}}`) });
      expect(answer.body.errors).toMatchObject([{ code: 'too_deep' }]);
      expect(told(answer)).toMatch(/^422 invalid_input data\.a\[0\]/);
    }
  });

  it('with a field that is almost right is told the right one', async () => {
    const answer = await trial.send('/v1/events', { body: withField('"occuredAt":1') });
    expect(answer.body.detail).toContain('did you mean "occurredAt"?');
  });

  it('with thousands of faults is told the first twenty', async () => {
    const fields = Array.from({ length: 5_000 }, (_, index) => `"field${index}":1`).join();
    const unknown = await trial.send('/v1/events', { body: withField(fields) });
    expect(unknown.body.errors).toHaveLength(20);
    const nuls = Array.from({ length: 5_000 }, () => '"\\u0000"').join();
    const forbidden = await trial.send('/v1/events', { body: event(`{"a":[${nuls}]}`) });
    expect(forbidden.body.errors).toHaveLength(20);
  });
});

describe('a batch', () => {
  it('of more objects than anybody needs is refused before it is parsed', async () => {
    const body = `{"events":[${'{},'.repeat(1_600_000)}{}]}`;
    const answer = await trial.send('/v1/events/batch', { body });
    expect(told(answer)).toBe('422 invalid_input : too_many_parts');
  });
});

async function firstOf(socket: Socket): Promise<string> {
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

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
    ['an event', '/v1/events', 6 * KIB * KIB],
    ['a batch', '/v1/events/batch', 6 * KIB * KIB],
    ['a webhook', '/v1/webhooks', 600 * KIB],
    ['an automation', '/v1/automations', 600 * KIB],
    ['a preview', '/v1/automations/preview', 600 * KIB],
  ])('is refused for %s, with and without a content-length', async (_, path, size) => {
    for (const body of [' '.repeat(size), chunked(size)]) {
      const answer = await trial.send(path, { body });
      expect(told(answer)).toBe('413 body_too_large');
      expect(answer.body.detail).toMatch(/the \d{6,7} bytes/);
    }
  });

  it('can be written to its end: the answer is there to read, and no broken pipe', async () => {
    const size = 20 * KIB * KIB;
    const { hostname, port } = new URL(trial.server.address);
    const socket = connect(Number(port), hostname);
    const answer = firstOf(socket);
    socket.write(
      `POST /v1/events HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${size}\r\n\r\n`,
    );
    await new Promise<void>((resolve, reject) =>
      socket.write(' '.repeat(size), (error) => (error ? reject(error) : resolve())),
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s);
    socket.destroy();
  });
});
