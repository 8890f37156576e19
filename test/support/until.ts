import { setTimeout as pause } from 'node:timers/promises';

/** Between two probes; of what takes long, a tenth of the time that it has taken. */
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

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
  const begun = performance.now();
  for (;;) {
    const { answer, error } = await ask(probe);
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    const takenMs = performance.now() - begun;
    if (takenMs >= withinMs) {
      throw new Error(`${withinMs} ms have passed, and it is not so that ${awaited}.`, {
        cause: error,
      });
    }
    await pause(Math.min(Math.max(takenMs / 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
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
