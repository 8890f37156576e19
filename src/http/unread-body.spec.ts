import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { type Patience, throwUnreadBodiesAway } from './unread-body.js';

const KIB = 1024;
const MIB = 1024 * KIB;

let server: FastifyInstance;
afterEach(() => server.close());

async function listen(patience?: Patience): Promise<Socket> {
  server = fastify({ bodyLimit: KIB });
  throwUnreadBodiesAway(server, patience);
  server.post('/', () => 'taken');
  await server.listen({ port: 0 });
  const address = server.server.address();
  return connect(typeof address === 'object' && address ? address.port : 0);
}

const head = (framing: string, type = 'application/json') =>
  `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n`;

/** All that the server has said, and the error with which the connection ended, if one did. */
function heardOn(socket: Socket) {
  const heard = { text: '', error: undefined as string | undefined };
  socket.setEncoding('utf8').on('data', (text: string) => (heard.text += text));
  socket.on('error', (error: NodeJS.ErrnoException) => (heard.error = error.code));
  return heard;
}

const isAnswered = (socket: Socket) => once(socket, 'data');
/** However it ends. */
const isClosed = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Resolves when all of it has been taken from this process. */
const write = (socket: Socket, text: string) =>
  new Promise<void>((resolve, reject) =>
    socket.write(text, (error) => (error ? reject(error) : resolve())),
  );

describe('a body that is refused while it is written', () => {
  it.each([
    ['too large', head(`content-length: ${20 * MIB}`), 413],
    ['of a type that nobody reads', head(`content-length: ${20 * MIB}`, 'text/csv'), 415],
  ])(
    'and is %s: the client can write all of it, and reads the answer',
    async (_, opening, status) => {
      const socket = await listen();
      const heard = heardOn(socket);
      const answered = isAnswered(socket);
      await write(socket, opening);
      await write(socket, 'x'.repeat(20 * MIB));
      await answered;
      expect(heard).toMatchObject({ text: expect.stringContaining(`HTTP/1.1 ${status}`) });
      // Nothing is left of it: the connection can be used again.
      heard.text = '';
      const next = isAnswered(socket);
      await write(socket, `${head('content-length: 2')}{}`);
      await next;
      expect(heard).toEqual({ text: expect.stringContaining('taken'), error: undefined });
      socket.destroy();
    },
  );

  it('and has no length is read to its end as well', async () => {
    const socket = await listen();
    const heard = heardOn(socket);
    const answered = isAnswered(socket);
    await write(socket, head('transfer-encoding: chunked'));
    for (let i = 0; i < 20; i++) {
      await write(socket, `${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`);
    }
    await write(socket, '0\r\n\r\n');
    await answered;
    expect(heard).toEqual({ text: expect.stringContaining('HTTP/1.1 413'), error: undefined });
    socket.destroy();
  });

  it('is not read for ever', async () => {
    const socket = await listen({ bytes: 2 * MIB, ms: 60_000 });
    const heard = heardOn(socket);
    const closed = isClosed(socket);
    await write(socket, head(`content-length: ${500 * MIB}`));
    const writing = (async () => {
      while (!socket.destroyed) await write(socket, 'x'.repeat(MIB)).catch(() => undefined);
    })();
    await Promise.all([closed, writing]);
    expect(heard.text).toContain('HTTP/1.1 413');
    expect(socket.bytesWritten).toBeLessThan(50 * MIB);
  });

  it('is not waited for for ever', async () => {
    const socket = await listen({ bytes: MIB, ms: 50 });
    const heard = heardOn(socket);
    const closed = isClosed(socket);
    await write(socket, head(`content-length: ${20 * MIB}`));
    await closed;
    expect(heard.text).toContain('HTTP/1.1 413');
  });
});
