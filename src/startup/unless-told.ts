/**
 * What comes of some work. As soon as `told` is aborted nobody waits for it any more.
 * @throws what the work throws, or the reason of `told`
 */
export async function unlessTold<Result>(
  told: AbortSignal,
  work: Promise<Result>,
): Promise<Result> {
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(told.reason);
    if (told.aborted) leave();
    told.addEventListener('abort', leave, { once: true });
  });
  return Promise.race([aborted, work]);
}
