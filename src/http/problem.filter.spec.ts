import type { ArgumentsHost } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import pino from 'pino';
import { BugleError } from '../errors.js';
import { ProblemFilter } from './problem.filter.js';

/** A filter, and the lines that it has logged. */
function filtering() {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  return { filter: new ProblemFilter(logger), lines };
}

/** What is answered to a request that ends so, and what is logged of it. */
function caught(thrown: unknown, { filter, lines } = filtering()) {
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
  // oxlint-disable-next-line promise/valid-params -- it is no promise
  filter.catch(thrown, host);
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

  it('logs of an outage ever fewer of the requests that it refuses', () => {
    const filtered = filtering();
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const status = Array.from({ length: 100 }, () => caught(refused, filtered).status);
    expect(new Set(status)).toEqual(new Set([503]));
    const lines = filtered.lines.map((line): unknown => JSON.parse(line));
    expect(lines).toMatchObject(
      [1, 2, 4, 8, 16, 32, 64].map((failures) => ({
        level: 50,
        msg: 'http.database_away',
        failures,
        path: '/readyz',
        err: { code: 'ECONNREFUSED' },
      })),
    );
  });

  it('logs each bug, also in an outage', () => {
    const filtered = filtering();
    for (let request = 0; request < 5; request++) caught(new Error('a bug'), filtered);
    expect(filtered.lines).toHaveLength(5);
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
