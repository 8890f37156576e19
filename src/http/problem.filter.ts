import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { toBugleError, toProblem } from './problem.js';

/** The one place where a thrown thing becomes an answer: problem+json, and a log line for what is our fault. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toBugleError(thrown, request.routeOptions.bodyLimit);
    if (error.status >= 500) {
      this.logger.error(
        { err: thrown, method: request.method, path: request.routeOptions.url },
        'http.failed',
      );
    }
    if (reply.sent || reply.raw.headersSent) return;
    if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
    if (error.status === 503) void reply.header('retry-after', '1');
    void reply
      .status(error.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(toProblem(error)));
  }
}
