import { setTimeout as pause } from 'node:timers/promises';

const PROBE_EVERY_MS = 10;

/** What a probe answers while it has to be asked again. */
type NotYet = undefined | null | false;

/**
 * Asks until there is an answer, and gives it.
 * @throws Error that says what was awaited, after `withinMs`, with the last thing that the probe threw.
 *
 * @example const row = await until('the delivery is settled', () => find(id), 5_000);
 */
export async function until<Answer>(
  awaited: string,
  probe: () => Answer | NotYet | Promise<Answer | NotYet>,
  withinMs = 10_000,
): Promise<Answer> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { answer, error } = await ask(probe);
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() >= deadline) {
      throw new Error(`${withinMs} ms have passed, and it is not so that ${awaited}.`, {
        cause: error,
      });
    }
    await pause(PROBE_EVERY_MS);
  }
}

async function ask<Answer>(
  probe: () => Answer | NotYet | Promise<Answer | NotYet>,
): Promise<{ answer?: Answer | NotYet; error?: unknown }> {
  try {
    return { answer: await probe() };
  } catch (error) {
    return { error };
  }
}
