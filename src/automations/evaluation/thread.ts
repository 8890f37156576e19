import { Worker } from 'node:worker_threads';
import type { Answer, ThreadSettings, WireTask } from './messages.js';

/** How a message ended: answered, or with the end of the thread that was asked. */
export type Reply = { ok: true; answer: Answer } | { ok: false; ended: Ending; reason: string };

export type Ending = 'timeout' | 'out_of_memory' | 'crash';

/** Where a thread begins, and how much memory it may take. */
export interface ThreadOptions {
  entry: URL;
  settings: ThreadSettings;
  maxMemoryMb: number;
}

/** Deep recursion ends in an error that can be caught long before this is used up. */
const STACK_MB = 4;
const YOUNG_GENERATION_MB = 4;
/** Loading the languages takes a tenth of a second; on a machine that is very busy, many of them. */
const START_TIMEOUT_MS = 30_000;

/** A worker thread that is asked one thing at a time, and is ended when an answer takes too long. */
export class Thread {
  readonly #worker: Worker;
  #settle: ((reply: Reply) => void) | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #ended = false;
  #error: NodeJS.ErrnoException | undefined;

  private constructor({ entry, settings, maxMemoryMb }: ThreadOptions) {
    this.#worker = new Worker(entry, {
      workerData: settings,
      resourceLimits: {
        maxOldGenerationSizeMb: maxMemoryMb,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        stackSizeMb: STACK_MB,
      },
      // What runs in there was written by strangers: it gets no settings, keys or arguments of this process.
      env: {},
      argv: [],
      execArgv: [],
    });
    this.#worker.on('error', (error) => (this.#error = error));
    this.#worker.on('exit', () => this.#exited());
  }

  /** Resolves when it can be asked. @throws Error with the reason when it ended before, or did not begin in time. */
  static async start(options: ThreadOptions): Promise<Thread> {
    const thread = new Thread(options);
    const reason = await thread.#began();
    if (reason === undefined) return thread;
    await thread.end();
    throw new Error(`The evaluation thread did not start: ${reason}`);
  }

  /** Whether it cannot be asked any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Never rejects. With `ok: false` the thread is gone. One message at a time. */
  ask(tasks: readonly WireTask[], timeoutMs: number): Promise<Reply> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#ended) return this.#exited();
      this.#watchdog = setTimeout(() => this.#overdue(timeoutMs), timeoutMs);
      this.#worker.postMessage(tasks);
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  /** Undefined when it has, else why not. */
  #began(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('it took too long'), START_TIMEOUT_MS);
      this.#worker.once('message', () => {
        clearTimeout(late);
        this.#worker.on('message', (answer: Answer) => this.#finish({ ok: true, answer }));
        resolve(undefined);
      });
      this.#worker.once('exit', (code) => {
        clearTimeout(late);
        resolve(this.#error?.message ?? `it ended with the code ${code}`);
      });
    });
  }

  /** When this thread itself was held up the answer may lie here unread: it is read before the verdict. */
  #overdue(timeoutMs: number): void {
    const asked = this.#settle;
    setImmediate(() => {
      if (this.#settle !== asked || !asked) return;
      void this.end();
      this.#finish({ ok: false, ended: 'timeout', reason: `no answer within ${timeoutMs} ms` });
    });
  }

  #exited(): void {
    this.#ended = true;
    const { code, message = 'the thread ended' } = this.#error ?? {};
    const ended = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'crash';
    this.#finish({ ok: false, ended, reason: message });
  }

  #finish(reply: Reply): void {
    clearTimeout(this.#watchdog);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(reply);
  }
}
