import { eventInput } from '../support/builders.js';
import type { ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { JSON_TYPE } from './bad-input.fixture.js';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const LIMIT = 256 * 1024;
/** A body that is so many bytes long; what it says of `data` is all in ASCII. */
const sized = (bytes: number, differences: object = {}): string => {
  const empty = JSON.stringify(eventInput({ ...differences, data: { text: '' } }));
  const text = 'x'.repeat(bytes - Buffer.byteLength(empty));
  return JSON.stringify(eventInput({ ...differences, data: { text } }));
};
const alone = (body: string) =>
  server.api.send<ProblemBody>('/v1/events', { method: 'POST', headers: JSON_TYPE, body });
const inBatch = async (event: string) => {
  const body = `{"events":[${event}]}`;
  const answer = await server.api.send<{ results: { error?: ProblemBody }[] }>('/v1/events/batch', {
    method: 'POST',
    headers: JSON_TYPE,
    body,
  });
  return answer.body.results[0]?.error;
};

describe('the size of an event', () => {
  it('may be the limit, alone and in a batch', async () => {
    expect((await alone(sized(LIMIT))).status).toBe(202);
    expect(await inBatch(sized(LIMIT))).toBeUndefined();
  });

  it('is refused in the same words beyond it', async () => {
    const { status, body } = await alone(sized(LIMIT + 1));
    const error = await inBatch(sized(LIMIT + 1));
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid_input' });
    expect(body.errors).toMatchObject([{ path: '', code: 'event_too_large' }]);
    expect(body.detail).toContain(`${LIMIT} bytes (BUGLE_MAX_EVENT_BYTES)`);
    expect(error).toMatchObject({
      status,
      code: body.code,
      errors: [{ ...body.errors?.[0], path: 'events[0]' }],
    });
  });

  it('is that of the event and not of how it was written', async () => {
    const event: unknown = JSON.parse(sized(LIMIT, { id: 'white space' }));
    const spaced = `${' '.repeat(LIMIT)}${JSON.stringify(event, null, 4)}`;
    const escaped = sized(LIMIT, { id: 'escapes' }).replaceAll('x', '\\u0078');
    for (const body of [spaced, escaped]) {
      expect((await alone(body)).status).toBe(202);
      expect(await inBatch(body)).toBeUndefined();
    }
  });

  it('is counted as it was said, whatever time zone it is in', async () => {
    const said = { occurredAt: '2026-01-02T03:04:05Z' };
    expect((await alone(sized(LIMIT, said))).status).toBe(202);
    expect((await alone(` ${sized(LIMIT, said)}`)).status).toBe(202);
    expect(await inBatch(sized(LIMIT, said))).toBeUndefined();
  });
});
