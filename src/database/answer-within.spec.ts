import { answerWithin, NoAnswerError } from './answer-within.js';
import { isOutage } from './violations.js';

describe('answerWithin', () => {
  it('gives what comes in time, a failure as well', async () => {
    expect(await answerWithin(1_000, Promise.resolve(7))).toBe(7);
    await expect(answerWithin(1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('says that there was no answer, which is an outage', async () => {
    const error: unknown = await answerWithin(5, new Promise(() => undefined)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(isOutage(error)).toBe(true);
  });
});
