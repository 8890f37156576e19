import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** How much of a refused body is thrown away, and for how long. */
export interface Patience {
  bytes: number;
  ms: number;
}

const PATIENCE: Patience = { bytes: 64 * 1024 * 1024, ms: 10_000 };

/**
 * A body that is too large, or of a kind that nobody reads, is refused while the client still writes it. Closing at once would
 * reset the connection, and the client would see a broken pipe instead of the answer. So what still comes is thrown away;
 * who goes on for too long is hung up on.
 */
export function throwUnreadBodiesAway(fastify: FastifyInstance, patience = PATIENCE): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) {
      // Fastify asks for it, and Node then closes as soon as the answer is written.
      void reply.removeHeader('connection');
      throwAway(request.raw, patience);
    }
    done();
  });
}

function throwAway(request: IncomingMessage, { bytes, ms }: Patience): void {
  const { socket } = request;
  const most = socket.bytesRead + bytes;
  const late = setTimeout(() => socket.destroy(), ms).unref();
  request.once('close', () => clearTimeout(late));
  request.on('data', () => {
    if (socket.bytesRead > most) socket.destroy();
  });
}
