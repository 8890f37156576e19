import { RawReceiver, type Answer } from '../support/sending-trial.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';

let server: TestServer;
let raw: RawReceiver;
let story: Story;

// Long enough for the beginning of an answer, on a busy machine as well.
beforeAll(async () => {
  server = await startTestServer({
    BUGLE_ATTEMPT_TIMEOUT_MS: '1500',
    BUGLE_RETRY_SCHEDULE: '3600',
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => raw.close());

/** Sends one event to a receiver that answers so. */
async function sentTo(answer: Answer, status: 'delivered' | 'retrying') {
  raw = new RawReceiver(answer);
  await story.webhook(await raw.open());
  const { attempts } = await story.settled(await story.publish(), status);
  return attempts[0];
}

describe('an answer that does not end in time', () => {
  it.each<[string, Answer]>([
    ['never begins', () => undefined],
    ['stays in its headers', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx-drip: ')],
  ])('and %s has the code timeout in the log', async (_what, answer) => {
    const attempt = await sentTo(answer, 'retrying');
    expect(attempt).toMatchObject({ outcome: 'unreachable', statusCode: null });
    expect(attempt?.error?.code).toBe('timeout');
  });

  it('but has a status is logged with what came of its body', async () => {
    const begun = 'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nso far';
    const attempt = await sentTo((socket) => drip(socket, begun), 'delivered');
    expect(attempt?.responseBody).toMatch(/^so far/);
  });
});

/** Never comes to an end, yet is never silent for long. */
function drip(socket: Parameters<Answer>[0], beginning: string): void {
  socket.write(beginning);
  const dripping = setInterval(() => socket.write('.'), 20);
  socket.once('close', () => clearInterval(dripping));
}
