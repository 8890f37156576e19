import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { BugleError } from '../errors.js';
import { toBugleError, toProblem } from './problem.js';

const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** Refuses a request whose address cannot be read (`%ff`, a part without end), before any route is found. */
export function refuseUnroutable(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const refusal = toBugleError(error);
  void reply
    .status(refusal.status)
    .header('content-type', PROBLEM_JSON)
    .send(JSON.stringify(toProblem(refusal)));
}

/** Refuses what is not HTTP, or has headers or a pace beyond the limits of the server, and hangs up. */
export function refuseBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(brokenHttp(error.code));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\ncontent-type: ${PROBLEM_JSON}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function brokenHttp(code: string | undefined): BugleError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = 'The headers of a request have 16 KiB at most.';
    return new BugleError(431, 'headers_too_large', message);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const message = 'The request did not arrive in time: try again.';
    return new BugleError(408, 'request_timeout', message);
  }
  return new BugleError(400, 'bad_request', 'The request cannot be understood: it is not HTTP.');
}
