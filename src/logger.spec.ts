import { QueryFailedError } from 'typeorm';
import { describeError } from './logger.js';

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
});
