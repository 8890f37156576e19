import { connect } from 'node:net';
import { eventInput, NOWHERE, webhookInput } from '../support/builders.js';
import { JSON_TYPE, long, type Refusing, startRefusing, told } from './bad-input.fixture.js';

let trial: Refusing;

beforeAll(async () => {
  trial = await startRefusing();
});
afterAll(() => trial.server.stop());
afterEach(() => trial.assertUndisturbed());

const webhook = (differences: object): string => JSON.stringify(webhookInput(differences));
const webhookWith = (text: string): string =>
  `{"name":"p","url":"http://a.example","headers":{${text}}}`;
const automation = (field: string): string =>
  `{"name":"p","triggers":["*"],"webhookId":"${trial.webhookId}",${field}}`;

describe('a webhook', () => {
  it.each([
    ['__proto__ for a header', webhookWith('"__proto__":"x"'), 'headers.__proto__: forbidden_key'],
    [
      'constructor for a header',
      webhookWith('"constructor":"x"'),
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
    expect(told(await trial.send('/v1/webhooks', { body }))).toBe(`422 invalid_input ${faults}`);
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
    const made = await trial.send('/v1/automations', { body: automation(field) });
    expect(told(made)).toBe(`422 invalid_input ${faults}`);
    const path = `/v1/automations/${trial.automationId}`;
    const edited = await trial.send(path, { method: 'PATCH', body: `{${field}}` });
    expect(told(edited)).toBe(`422 invalid_input ${faults}`);
  });

  it('with a quarter of a million wrong triggers is told the first twenty', async () => {
    const triggers = `"triggers":[${'1,'.repeat(250_000)}1]`;
    const answer = await trial.send('/v1/automations', { body: automation(triggers) });
    expect(answer.body.errors).toHaveLength(20);
  });

  it('whose condition is nested too deeply is refused', async () => {
    const condition = `${'{"!":'.repeat(30)}true${'}'.repeat(30)}`;
    const answer = await trial.send('/v1/automations', {
      body: automation(`"condition":${condition}`),
    });
    expect(answer.body.errors).toMatchObject([{ code: 'too_deep' }]);
  });

  it.each([
    ['nothing', {}, ': invalid_value : invalid_value'],
    ['two events', { automation: {}, event: eventInput(), eventId: NOWHERE }, ': invalid_value'],
    [
      'a misspelt field',
      { automation: { tmplate: '' }, event: eventInput() },
      'automation.tmplate: unknown_field',
    ],
  ])('cannot be previewed with %s', async (_, body, faults) => {
    const answer = await trial.send('/v1/automations/preview', { body: JSON.stringify(body) });
    expect(told(answer)).toBe(`422 invalid_input ${faults}`);
  });
});

describe('an address', () => {
  it.each([
    ['/v1/webhooks/x', '422 invalid_input id: invalid_format'],
    ['/v1/webhooks/%00', '422 invalid_input id: nul_byte'],
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
    ['/v1/events?__proto__=1', '422 invalid_input __proto__: forbidden_key'],
    ['/v1/events?type=a%00.b', '422 invalid_input type: nul_byte'],
    ['/v1/deliveries?eventType=%00', '422 invalid_input eventType: nul_byte'],
    ['/v1/events?since=yesterday', '422 invalid_input since: invalid_format'],
    ['/v1/events?cursor=', '422 invalid_input cursor: too_small'],
    ['/v1/events?cursor=abc', '400 invalid_cursor'],
    ['/v1/events?cursor=%00', '422 invalid_input cursor: nul_byte'],
    ['/v1/deliveries?statusCode=99', '422 invalid_input statusCode: too_small'],
    ['/v1/deliveries?errorCode=timeuot', '422 invalid_input errorCode: invalid_value'],
    ['/v1/deliveries?eventType=User%20created', '422 invalid_input eventType: invalid_value'],
    ['/v1/deliveries?status=sent', '422 invalid_input status: invalid_value'],
    ['/v1/deliveries?eventId=1', '422 invalid_input eventId: invalid_format'],
  ])('%.80s is refused', async (path, expected) => {
    expect(told(await trial.send(path, { method: 'GET', headers: {} }))).toBe(expected);
  });

  it.each([
    ['PUT', '/v1/webhooks', 'GET, HEAD, POST'],
    ['DELETE', '/v1/webhooks?x=%ff', 'GET, HEAD, POST'],
    ['POST', '/v1/deliveries', 'GET, HEAD'],
    ['PATCH', '/v1/events', 'GET, HEAD, POST'],
    ['PUT', `/v1/webhooks/${NOWHERE}`, 'GET, HEAD, PATCH, DELETE'],
    ['OPTIONS', '/v1/webhooks', 'GET, HEAD, POST'],
  ])('takes no %s %s, and says what it takes', async (method, path, allowed) => {
    const answer = await trial.send(path, { method, headers: {} });
    expect(told(answer)).toBe('405 method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allowed);
    expect(answer.body.detail).toBe(`This address takes ${allowed}, not ${method}.`);
  });

  it.each([
    ['PUT', '/v1/nothing'],
    ['OPTIONS', '/v1/nothing'],
    ['PATCH', '/v1/webhooks/x/y'],
    ['PUT', '/v1/webhooks/'],
    ['POST', '/v1/webhooks//revisions'],
  ])('that is not there takes no %s %s', async (method, path) => {
    const answer = await trial.send(path, { method, headers: {} });
    expect(told(answer)).toBe('404 no_such_route');
    expect(answer.headers.get('allow')).toBeNull();
  });
});

describe('a header', () => {
  it('beyond 16 KiB is refused', async () => {
    const answer = await trial.send('/v1/events', {
      headers: { ...JSON_TYPE, 'x-big': long(20_000) },
    });
    expect(told(answer)).toBe('431 headers_too_large');
  });

  it('If-Match that is no revision is refused', async () => {
    for (const revision of ['"1", "2"', 'abc', '"-1"', '1e3']) {
      const headers = { ...JSON_TYPE, 'if-match': revision };
      const answer = await trial.send(`/v1/webhooks/${trial.webhookId}`, {
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
    const socket = connect(Number(new URL(trial.server.address).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
    socket.write(text);
  });
}
