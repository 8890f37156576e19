import type { ArgumentsHost } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import pino from 'pino';
import { BugleError } from '../errors.js';
import { ProblemFilter } from './problem.filter.js';

/** What is answered to a request that ends so, and what is logged of it. */
function caught(thrown: unknown) {
  const lines: string[] = [];
  const answer = { status: 0, headers: {} as Record<string, string>, code: '' };
  const reply = {
    sent: false,
    raw: { headersSent: false },
    status: (status: number) => Object.assign(reply, (answer.status = status)),
    header: (name: string, value: string) => {
      answer.headers[name] = value;
      return reply;
    },
    send: (body: string) => {
      answer.code = String(Reflect.get(JSON.parse(body) as object, 'code'));
    },
  };
  const request = { method: 'GET', routeOptions: { url: '/readyz', bodyLimit: 1 } };
  const host: ArgumentsHost = new ExecutionContextHost([request, reply]);
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  new ProblemFilter(logger).catch(thrown, host);
  return { ...answer, lines };
}

describe('ProblemFilter', () => {
  it('logs what nobody has foreseen, with its stack, and tells the client nothing of it', () => {
    const { status, code, lines } = caught(new Error('a bug'));
    expect({ status, code }).toEqual({ status: 500, code: 'internal_error' });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 50,
      msg: 'http.failed',
      path: '/readyz',
      err: { message: 'a bug', stack: expect.stringContaining('Error: a bug') },
    });
  });

  it('logs an outage', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(caught(refused)).toMatchObject({ status: 503, lines: [expect.any(String)] });
  });

  it('logs nothing of a 503 that is answered on purpose', () => {
    const starting = new BugleError(503, 'starting', 'This process is still starting.');
    const { lines, ...answer } = caught(starting);
    expect(answer).toMatchObject({
      status: 503,
      code: 'starting',
      headers: { 'retry-after': '1' },
    });
    expect(lines).toEqual([]);
  });

  it('says when to ask again, where there were too many', () => {
    const { status, headers } = caught(new BugleError(429, 'too_many_searches', 'Wait.'));
    expect([status, headers['retry-after']]).toEqual([429, '1']);
  });
});
