import { NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import { BugleError, invalidInput, notFound } from '../errors.js';
import { problem, toBugleError, toProblem } from './problem.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('toProblem', () => {
  it('is RFC 9457 with a code, and with faults only where there are some', () => {
    expect(toProblem(notFound('webhook', 'x'))).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'not_found',
      detail: 'There is no webhook x in this workspace.',
    });
    const faults = [{ path: 'name', code: 'required', message: 'is required' }];
    expect(toProblem(invalidInput(faults))).toMatchObject({
      status: 422,
      detail: 'name: is required',
      errors: faults,
    });
  });

  it('is what the API description says', () => {
    const faults = [{ path: 'template', code: 'syntax_error', message: 'x', line: 1, column: 2 }];
    expect(problem.strict().safeParse(toProblem(invalidInput(faults))).success).toBe(true);
  });
});

describe('toBugleError', () => {
  it('leaves our own refusals as they are', () => {
    const error = new BugleError(409, 'name_taken', 'taken');
    expect(toBugleError(error)).toBe(error);
  });

  it.each([
    [new NotFoundException('Cannot GET /secret'), 404, 'no_such_route'],
    [new PayloadTooLargeException(), 413, 'body_too_large'],
    [{ statusCode: 415 }, 415, 'unsupported_media_type'],
    [{ statusCode: 414 }, 414, 'bad_request'],
    [{ statusCode: 400, code: 'FST_ERR_BAD_URL' }, 400, 'bad_request'],
  ])('gives words of its own to a refusal of the web server: %s', (thrown, status, code) => {
    const error = toBugleError(thrown, { bodyLimit: 1024 });
    expect(error).toMatchObject({ status, code });
    expect(error.message).not.toContain('secret');
  });

  it('names the limit of a body', () => {
    expect(toBugleError({ statusCode: 413 }, { bodyLimit: 1024 }).message).toContain('1024 bytes');
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '08006', '53300'])(
    'takes %s for an outage of the database',
    (code) => {
      expect(toBugleError(withCode(code))).toMatchObject({
        status: 503,
        code: 'database_unavailable',
      });
    },
  );

  it('asks only those to repeat with the same id who may have stored something', () => {
    const away = withCode('ECONNREFUSED');
    for (const method of ['GET', 'HEAD'])
      expect(toBugleError(away, { method }).message).not.toMatch(/stored|same id/);
    for (const method of ['POST', 'PATCH', 'DELETE'])
      expect(toBugleError(away, { method }).message).toMatch(/same id/);
  });

  it.each([
    [new Error('password is hunter2')],
    [withCode('23505', 'Key (name)=(hunter2) already exists')],
    ['hunter2'],
    [undefined],
    [{ statusCode: 500, message: 'hunter2' }],
  ])('answers a bare 500 for everything else: %s', (thrown) => {
    const answered = toProblem(toBugleError(thrown));
    expect(answered).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(answered)).not.toContain('hunter2');
  });
});
