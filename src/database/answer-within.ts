/** The database did not answer in time. What it was asked may still take effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** What was asked of the database, or @throws NoAnswerError after so many milliseconds: whoever waits is told. */
export async function answerWithin<Result>(ms: number, asked: Promise<Result>): Promise<Result> {
  let late: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new NoAnswerError(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([asked, silence]);
  } finally {
    clearTimeout(late);
  }
}
