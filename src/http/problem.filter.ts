import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { BugleError } from '../errors.js';
import { toBugleError, toProblem } from './problem.js';
import { otherMethods, wrongMethod } from './wrong-method.js';

/** Refused for the moment: worth asking again. */
const PASSING = [429, 503];

/** The one place where a thrown thing becomes an answer: problem+json, and a log line for what nobody meant to happen. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const allowed = otherMethods(request);
    const error =
      allowed.length > 0 ? wrongMethod(request.method, allowed) : refusal(thrown, request);
    if (error.status >= 500 && !(thrown instanceof BugleError)) {
      this.logger.error(
        { err: thrown, method: request.method, path: request.routeOptions.url },
        'http.failed',
      );
    }
    if (reply.sent || reply.raw.headersSent) return;
    if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
    if (error.status === 405) void reply.header('allow', allowed.join(', '));
    if (PASSING.includes(error.status)) void reply.header('retry-after', '1');
    void reply
      .status(error.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(toProblem(error)));
  }
}

function refusal(thrown: unknown, { method, routeOptions }: FastifyRequest): BugleError {
  return toBugleError(thrown, { method, bodyLimit: routeOptions.bodyLimit });
}
