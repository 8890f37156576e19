import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { until } from '../../test/support/until.js';
import { closeConnections } from './closing.js';

/** Far longer than a test takes: what ends before has not waited for it. */
const LONG_MS = 60_000;
/** Time enough for requests within this process, and not long to wait for. */
const SOON_MS = 1_000;
const ASK = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

let server: FastifyInstance;
let sockets: Socket[];
/** Lets the requests to /held be answered. */
let answer: () => void;

beforeEach(() => {
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

async function listen(lastCallMs?: number): Promise<void> {
  server = fastify({ return503OnClosing: false });
  closeConnections(server, lastCallMs);
  const held = new Promise<void>((resolve) => (answer = resolve));
  server.get('/', () => 'answered');
  server.get('/held', () => held.then(() => 'answered late'));
  await server.listen({ port: 0 });
}

/** A connection, and how it ended. */
async function client() {
  const address = server.server.address();
  const accepted = once(server.server, 'connection');
  const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  sockets.push(socket);
  const ended = new Promise<string>((resolve) => {
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', () => resolve('closed'));
  });
  await accepted;
  const ask = async (text: string) => {
    const answered = once(socket, 'data');
    socket.write(text);
    return String((await answered)[0]);
  };
  return { ask, ended };
}

/** Begins to close, and is closed when `closed` resolves. */
async function close(): Promise<{ closed: Promise<void> }> {
  const closed = Promise.resolve(server.close());
  await until('it closes', () => server.isClosing);
  return { closed };
}

const CLOSE = /^connection: close\r$/im;

describe('a server that closes', () => {
  it('answers what is under way, and says that the connection ends with it', async () => {
    await listen();
    const { ask, ended } = await client();
    const asked = once(server.server, 'request');
    const heard = ask(ASK.replace('/', '/held'));
    await asked;
    const { closed } = await close();
    answer();
    expect(await heard).toMatch(CLOSE);
    expect(await ended).toBe('closed');
    await closed;
  });

  it('answers for a moment what comes on connections that were idle, or are new, and says the same', async () => {
    await listen(SOON_MS);
    const idle = await client();
    expect(await idle.ask(ASK)).not.toMatch(CLOSE);
    const { closed } = await close();
    const late = await client();
    for (const { ask, ended } of [idle, late]) {
      expect(await ask(ASK)).toMatch(CLOSE);
      expect(await ended).toBe('closed');
    }
    await closed;
  });

  it('does not wait for those that say nothing', async () => {
    await listen();
    const [silent, idle] = [await client(), await client()];
    await idle.ask(ASK);
    const { closed } = await close();
    await closed;
    expect(await Promise.all([silent.ended, idle.ended])).toEqual(['closed', 'closed']);
  });

  it('has nobody to wait for when no connection is open', async () => {
    await listen(LONG_MS);
    const { closed } = await close();
    await expect(closed).resolves.toBeUndefined();
  });
});
