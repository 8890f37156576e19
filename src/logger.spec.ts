import { QueryFailedError } from 'typeorm';
import { describeError } from './logger.js';

const refused = (address: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${address}`), {
    code: 'ECONNREFUSED',
    headers: { authorization: 'secret' },
  });

describe('describeError', () => {
  it('tells what failed and where, and nothing that the statement carried', () => {
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (name)=(secret-name)',
    });
    const error = new QueryFailedError(
      'INSERT INTO webhooks VALUES ($1)',
      ['Bearer secret-value'],
      cause,
    );
    const shown = describeError(error);
    expect(shown).toMatchObject({
      type: 'QueryFailedError',
      code: '23505',
      message: 'duplicate key',
    });
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('describes what is no error', () => {
    expect(describeError('gone')).toEqual({ message: 'gone' });
  });

  it('tells what caused it, from cause to cause, and nothing else of them', () => {
    const tries = [refused('::1:80'), refused('127.0.0.1:80')];
    const both = Object.assign(new AggregateError(tries, ''), { code: 'ECONNREFUSED' });
    const shown = describeError(new TypeError('fetch failed', { cause: both }));
    expect(shown).toEqual({
      type: 'TypeError',
      code: undefined,
      message: 'fetch failed',
      stack: expect.stringContaining('fetch failed'),
      cause: {
        type: 'AggregateError',
        code: 'ECONNREFUSED',
        message: '',
        errors: tries.map(({ message }) => ({ type: 'Error', code: 'ECONNREFUSED', message })),
      },
    });
  });

  it('tells a cause that is a text, and nothing of one that is a thing', () => {
    expect(describeError(new Error('out', { cause: 'in' }))).toMatchObject({
      cause: { message: 'in' },
    });
    expect(describeError(new Error('out', { cause: { token: 'secret' } }))).not.toHaveProperty(
      'cause',
    );
  });

  it('ends where an error is among its own causes, after a few, and in width', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(describeError(first)).toMatchObject({ cause: { message: 'second' } });
    expect(JSON.stringify(describeError(first)).match(/"message":"first"/g)).toHaveLength(1);

    let deep = new Error('0');
    for (let n = 1; n <= 50; n++) deep = new Error(String(n), { cause: deep });
    expect(JSON.stringify(describeError(deep)).match(/"message"/g)).toHaveLength(5);
    const wide = new AggregateError(Array.from({ length: 50 }, (_, n) => new Error(String(n))));
    expect(JSON.stringify(describeError(wide)).match(/"message"/g)).toHaveLength(5);
  });
});
