/**
 * What comes of some work. As soon as `told` is aborted nobody waits for it any more.
 * @throws what the work throws, or the reason of `told`
 */
export async function unlessTold<Result>(
  told: AbortSignal,
  work: Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(told.reason);
    if (told.aborted) leave();
    told.addEventListener('abort', leave, { signal: done.signal });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    // Whoever tries again and again would leave one more listener each time.
    done.abort();
  }
}

/** Aborted so many milliseconds after `told`, for the same reason. */
export function later(told: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController();
  const wait = () => void setTimeout(() => late.abort(told.reason), ms).unref();
  if (told.aborted) wait();
  else told.addEventListener('abort', wait, { once: true });
  return late.signal;
}
