import type { Fault } from '../../errors.js';
import { FairQueue, type Taken } from './fair-queue.js';
import type { Result, Task } from './messages.js';
import { type Ending, type Reply, Thread, type ThreadOptions } from './thread.js';

/** What a pool of threads is made of. */
export interface PoolOptions extends ThreadOptions {
  threads: number;
  /** Milliseconds after which a message that was not answered ends its thread. */
  timeoutMs: number;
  /** So often a revision of a rule may end a thread; then it is not evaluated any more. */
  maxStrikes: number;
  /** A thread was ended, or ended itself: while it worked on so many tasks. */
  onThreadEnd: (ended: Ending, details: { reason: string; tasks: number }) => void;
}

interface Job {
  task: Task;
  resolve: (result: Result) => void;
}

/** More would not be quicker, and each must wait for the whole message. */
const TASKS_PER_MESSAGE = 50;
/** About as long as a thread's turn: what is sent beyond that only comes back. */
const MESSAGE_MS = 20;
/** Rules whose strikes are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Worker threads that do tasks, shared fairly between workspaces. A thread that does not answer in time, or runs out of
 * memory, is ended and replaced; the tasks that it had are done one by one in a thread of their own, so that nobody
 * waits for them. One that ends that thread too is the culprit and fails; the others are done as if nothing had happened.
 */
export class EvaluationPool {
  readonly #queue = new FairQueue<Job>();
  readonly #idle: Thread[] = [];
  readonly #busy = new Set<Thread>();
  readonly #suspects: Taken<Job>[] = [];
  readonly #strikes = new Map<string, number>();
  #questioning = false;
  #stopped = false;

  constructor(private readonly options: PoolOptions) {
    for (let count = 0; count < options.threads; count += 1) this.#idle.push(this.#newThread());
  }

  /** Never rejects: what goes wrong with a task is its result. Results are in the order of the tasks. */
  run(workspaceId: string, tasks: readonly Task[]): Promise<Result[]> {
    const results = tasks.map(
      (task) =>
        new Promise<Result>((resolve) => this.#queue.push(workspaceId, [{ task, resolve }])),
    );
    this.#pump();
    return Promise.all(results);
  }

  /** Ends the threads. Tasks that wait are never done: stop whoever asks first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#idle, ...this.#busy].map((thread) => thread.end()));
  }

  #pump(): void {
    while (!this.#stopped && this.#queue.size > 0) {
      const thread = this.#idle.pop();
      if (!thread) return;
      this.#busy.add(thread);
      void this.#serve(thread);
    }
  }

  async #serve(thread: Thread): Promise<void> {
    const taken = this.#queue.take(TASKS_PER_MESSAGE, MESSAGE_MS);
    const reply = await this.#ask(thread, taken);
    this.#busy.delete(thread);
    if (reply.ok) {
      this.#settle(taken, reply);
      this.#idle.push(thread);
    } else {
      if (!this.#stopped) this.#idle.push(this.#newThread());
      this.#suspects.push(...taken);
      void this.#questionSuspects();
    }
    this.#pump();
  }

  async #ask(thread: Thread, taken: readonly Taken<Job>[]): Promise<Reply> {
    const tasks = taken.map(({ item }) => item.task);
    const reply = await thread.ask(tasks, this.options.timeoutMs);
    if (!reply.ok && !this.#stopped) {
      const { ended, reason } = reply;
      this.options.onThreadEnd(ended, { reason, tasks: tasks.length });
    }
    return reply;
  }

  #settle(taken: readonly Taken<Job>[], { answer }: Reply & { ok: true }): void {
    const { results, took } = answer;
    taken.forEach((one, index) => {
      const result = results[index];
      if (result) this.#end(one, result, took[index]);
    });
    this.#queue.putBack(taken.slice(results.length));
  }

  #end(one: Taken<Job>, result: Result, tookMs = 0): void {
    this.#queue.ended(one, tookMs);
    one.item.resolve(result);
  }

  /** One by one, in a thread of their own. */
  async #questionSuspects(): Promise<void> {
    if (this.#questioning) return;
    this.#questioning = true;
    let thread: Thread | undefined;
    for (let one = this.#suspects.shift(); one && !this.#stopped; one = this.#suspects.shift()) {
      if (!thread || thread.ended) thread = this.#newThread();
      await this.#question(one, thread);
    }
    this.#questioning = false;
    await thread?.end();
  }

  async #question(one: Taken<Job>, thread: Thread): Promise<void> {
    const rule = ruleOf(one.item.task);
    const strikes = this.#strikes.get(rule) ?? 0;
    if (strikes >= this.options.maxStrikes) {
      return this.#end(one, stopped(one.item.task, TOO_MANY_STRIKES));
    }
    this.#busy.add(thread);
    const reply = await this.#ask(thread, [one]);
    this.#busy.delete(thread);
    if (reply.ok) return this.#settle([one], reply);
    this.#remember(rule, strikes + 1);
    this.#end(one, stopped(one.item.task, faultOf(reply.ended, this.options.timeoutMs)));
  }

  #remember(rule: string, strikes: number): void {
    if (this.#strikes.size >= MAX_REMEMBERED) this.#strikes.clear();
    if (rule !== '') this.#strikes.set(rule, strikes);
  }

  #newThread(): Thread {
    return new Thread(this.options);
  }
}

/** The revision of the rule that a task tries; '' for the check of a draft, which has none. */
function ruleOf(task: Task): string {
  return task.kind === 'try' ? `${task.trial.rule.id} ${task.trial.rule.revision}` : '';
}

function stopped(task: Task, fault: Fault): Result {
  return task.kind === 'try'
    ? { kind: 'tried', outcome: { kind: 'failed', fault, stopped: true } }
    : { kind: 'checked', check: { faults: [fault], warnings: [], variables: [] } };
}

const TOO_MANY_STRIKES: Fault = {
  path: 'template',
  code: 'evaluation_stopped',
  message:
    'This revision of the automation had to be stopped too often and is not evaluated any more.',
};

function faultOf(ended: Ending, timeoutMs: number): Fault {
  switch (ended) {
    case 'timeout':
      return {
        path: 'template',
        code: 'evaluation_timeout',
        message: `Condition and template did not end within ${timeoutMs} ms and were stopped. Use fewer and shorter loops.`,
      };
    case 'out_of_memory':
      return {
        path: 'template',
        code: 'evaluation_out_of_memory',
        message:
          'Condition and template needed too much memory and were stopped. Make smaller texts and lists.',
      };
    case 'crash':
      return {
        path: 'template',
        code: 'evaluation_crashed',
        message: 'Condition and template could not be evaluated.',
      };
  }
}
