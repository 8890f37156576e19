import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { BugleError } from '../errors.js';
import { OutageLog } from './outage-log.js';
import { toBugleError, toProblem } from './problem.js';
import { otherMethods, wrongMethod } from './wrong-method.js';

/** Refused for the moment: worth asking again. */
const PASSING = [429, 503];

/**
 * The one place where a thrown thing becomes an answer: problem+json, and a log line for what nobody meant to happen. What
 * one outage refuses is told of together.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly outage: OutageLog;

  constructor(private readonly logger: Logger) {
    this.outage = new OutageLog(logger);
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const allowed = otherMethods(request);
    const error =
      allowed.length > 0 ? wrongMethod(request.method, allowed) : refusal(thrown, request);
    if (error.status >= 500 && !(thrown instanceof BugleError)) this.log(thrown, error, request);
    if (reply.sent || reply.raw.headersSent) return;
    if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
    if (error.status === 405) void reply.header('allow', allowed.join(', '));
    if (PASSING.includes(error.status)) void reply.header('retry-after', '1');
    void reply
      .status(error.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(toProblem(error)));
  }

  private log(thrown: unknown, { code }: BugleError, request: FastifyRequest): void {
    const where = { method: request.method, path: request.routeOptions.url };
    if (code === 'database_unavailable') this.outage.refused(thrown, where);
    else this.logger.error({ err: thrown, ...where }, 'http.failed');
  }
}

function refusal(thrown: unknown, { method, routeOptions }: FastifyRequest): BugleError {
  return toBugleError(thrown, { method, bodyLimit: routeOptions.bodyLimit });
}
