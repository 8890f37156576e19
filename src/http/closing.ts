import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** From the moment at which it was told to close. */
    readonly isClosing: boolean;
  }
}

/** What clients wrote before they could know that we close is on its way for no longer, as a rule. */
const LAST_CALL_MS = 100;

/**
 * When the server closes, every answer from then on says `Connection: close`, so that nobody uses its connection again.
 * Who has something on its way is waited for a moment; then only connections with a request under way are, and each is
 * closed once that was answered. Node alone would wait a minute for one that has sent nothing yet (browsers open such ones
 * ahead of time), and as long as the keep-alive time for one whose last answer was on its way. It is the only server:
 * src/startup/listen.ts sees to that.
 */
export function closeConnections(fastify: FastifyInstance, lastCallMs = LAST_CALL_MS): void {
  const open = new Set<Socket>();
  const busy = new Map<Socket, ServerResponse>();
  let isClosing = false;
  fastify.decorate('isClosing', { getter: () => isClosing });
  fastify.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  // Before Fastify, which may answer at once.
  fastify.server.prependListener(
    'request',
    ({ socket }: IncomingMessage, response: ServerResponse) => {
      busy.set(socket, response);
      if (isClosing) sayClose(response);
      response.once('close', () => {
        busy.delete(socket);
        if (isClosing) socket.destroySoon();
      });
    },
  );
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    for (const response of busy.values()) sayClose(response);
    const hangUp = () => {
      for (const socket of open) if (!busy.has(socket)) socket.destroy();
      done();
    };
    if (open.size === 0) hangUp();
    else setTimeout(hangUp, lastCallMs);
  });
}

/** A stream whose head is written cannot say it any more: it ends with its connection. */
function sayClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
