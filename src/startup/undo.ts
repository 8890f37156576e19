import { setTimeout as pause } from 'node:timers/promises';

/** One thing that a start has done. */
interface Step {
  /** Completes the sentence "… could not be stopped". */
  name: string;
  undo: () => Promise<unknown>;
  /** It keeps to a limit of its own and must have ended before the process does. */
  isWaitedFor: boolean;
}

/** What is left for each step when there is no time left for all: enough to say good-bye where somebody listens. */
const LAST_CALL_MS = 500;

/** What a start has done, to be undone: the last step first, and in a bounded time, whatever hangs. */
export class Undo {
  private readonly steps: Step[] = [];

  add(name: string, undo: Step['undo'], { isWaitedFor = false } = {}): void {
    this.steps.push({ name, undo, isWaitedFor });
  }

  /**
   * A step that fails, or has not ended when the time is over, does not keep the others from being undone.
   * @throws AggregateError that names each of those
   */
  async all(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    const errors: Error[] = [];
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      const ms = Math.max(LAST_CALL_MS, deadline - performance.now());
      const error = await failureOf(step, ms);
      if (error) errors.push(error);
    }
    if (errors.length === 0) return;
    throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
  }
}

async function failureOf(
  { name, undo, isWaitedFor }: Step,
  ms: number,
): Promise<Error | undefined> {
  try {
    const undone = undo();
    if (isWaitedFor || (await endsWithin(ms, undone))) await undone;
    else return new Error(`${name} could not be stopped in time`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new Error(`${name} could not be stopped: ${reason}`, { cause: error });
  }
  return undefined;
}

/** Whether something ends, well or not, within so many milliseconds. */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(ms, false, { signal: timer.signal });
  const ended = work.then(
    () => true,
    () => true,
  );
  const isEnded = await Promise.race([ended, late]);
  late.catch(() => undefined);
  timer.abort();
  return isEnded;
}
