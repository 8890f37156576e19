import { setTimeout as pause } from 'node:timers/promises';
import { BugleError } from '../../errors.js';
import { type Charged, FairQueue } from './fair-queue.js';
import type { Result, Task } from './messages.js';
import { endingFault, stoppedResult, TOO_MANY_STRIKES } from './stopped-task.js';
import { StrikeList } from './strike-list.js';
import { type Ending, type Reply, Thread, type ThreadOptions } from './thread.js';
import { toWire } from './wire.js';

/** What a pool of threads is made of. */
export interface PoolOptions extends ThreadOptions {
  threads: number;
  /** Milliseconds after which a message that was not answered ends its thread. */
  timeoutMs: number;
  /** So often a revision of a rule may end a thread; then it is not tried any more. */
  maxStrikes: number;
  /** A thread was ended, or ended itself, while it worked on so many tasks of a workspace. */
  onThreadEnd: (ended: Ending, details: { workspaceId: string; tasks: number }) => void;
  /** A thread could not be started. It is tried again. */
  onStartFailed: (error: unknown) => void;
}

/** Nothing can be evaluated now, for no fault of a rule. */
export class EvaluationUnavailable extends BugleError {
  constructor() {
    super(503, 'evaluation_unavailable', 'Rules cannot be evaluated at this moment. Try again.');
  }
}

interface Job {
  task: Task;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

/** Measured: a message costs as much as two tasks, and from 20 on more in one gains nothing. */
const TASKS_PER_MESSAGE = 50;
/** A thread's turn: what is sent beyond that only comes back. */
const MESSAGE_MS = 20;
/** A workspace that has ended a thread is kept apart for so long. */
const SUSPICION_MS = 10 * 60_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/**
 * Worker threads that do tasks, shared fairly between workspaces: a message has tasks of one. A thread that does not answer
 * in time, or runs out of memory, is ended and replaced, and its workspace is kept apart for a while: its tasks are done one
 * by one, in a thread of their own, for which nobody else waits. A task that ends that thread as well is the culprit and
 * fails; the others are done as if nothing had happened.
 */
export class EvaluationPool {
  readonly #queue = new FairQueue<Job>();
  readonly #apart = new FairQueue<Job>();
  readonly #suspectedUntil = new Map<string, number>();
  readonly #strikes: StrikeList;
  readonly #idle: Thread[] = [];
  readonly #live = new Set<Thread>();
  #isolating = false;
  #stopped = false;

  /** Resolves when the first thread is there. */
  readonly begun: Promise<void>;

  constructor(private readonly options: PoolOptions) {
    this.#strikes = new StrikeList(options.maxStrikes);
    this.begun = Promise.race(Array.from({ length: options.threads }, () => this.#hire()));
  }

  /** Whether a thread is there to evaluate anything. */
  get isReady(): boolean {
    return this.#live.size > 0;
  }

  /** Tasks that wait for a thread, and threads. */
  get load(): { waiting: number; threads: number } {
    return { waiting: this.#queue.size + this.#apart.size, threads: this.#live.size };
  }

  /**
   * Results in the order of the tasks; what goes wrong with a task is its result.
   * @throws EvaluationUnavailable when no thread can be started, or the pool is stopped.
   */
  async run(workspaceId: string, tasks: readonly Task[]): Promise<Result[]> {
    if (this.#stopped) throw new EvaluationUnavailable();
    const jobs: Job[] = [];
    const results = tasks.map(
      (task) => new Promise<Result>((resolve, reject) => void jobs.push({ task, resolve, reject })),
    );
    const queue = this.#isSuspected(workspaceId) ? this.#apart : this.#queue;
    queue.push(workspaceId, jobs);
    this.#pump();
    return Promise.all(results);
  }

  /** Ends the threads; whoever waits is told that there is no evaluation. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#refuseAll();
    await Promise.all([...this.#live].map((thread) => thread.end()));
  }

  #pump(): void {
    while (!this.#stopped && this.#queue.size > 0) {
      const thread = this.#idle.pop();
      if (!thread) break;
      void this.#serve(thread);
    }
    if (this.#apart.size > 0) void this.#isolate();
  }

  async #serve(thread: Thread): Promise<void> {
    const taken = this.#queue.take(TASKS_PER_MESSAGE, MESSAGE_MS);
    const reply = await this.#ask(thread, taken);
    if (reply.ok) {
      this.#settle(this.#queue, taken, reply);
      this.#idle.push(thread);
    } else {
      this.#suspect(taken);
      void this.#hire();
    }
    this.#pump();
  }

  /** Not more than a message can carry: what was not answered goes back. */
  async #ask(thread: Thread, taken: readonly Charged<Job>[]): Promise<Reply> {
    const tasks = toWire(taken.map(({ item }) => item.task));
    const reply = await thread.ask(tasks, this.options.timeoutMs);
    const [first] = taken;
    if (reply.ok || this.#stopped || !first) return reply;
    this.#live.delete(thread);
    this.options.onThreadEnd(reply.ended, { workspaceId: first.tenant, tasks: tasks.length });
    return reply;
  }

  #settle(
    queue: FairQueue<Job>,
    taken: readonly Charged<Job>[],
    { answer }: Extract<Reply, { ok: true }>,
  ): void {
    const { results, took } = answer;
    for (const [index, result] of results.entries()) {
      const one = taken[index];
      if (!one) continue;
      queue.ended(one, took[index] ?? 0);
      one.item.resolve(result);
    }
    queue.putBack(taken.slice(results.length));
  }

  /** The time that the message has cost is its workspace's, and what waits of it goes the same way. */
  #suspect(taken: readonly Charged<Job>[]): void {
    const [first] = taken;
    if (!first) return;
    const { tenant } = first;
    for (const one of taken) this.#queue.ended(one, this.options.timeoutMs / taken.length);
    this.#suspectedUntil.set(tenant, performance.now() + SUSPICION_MS);
    this.#apart.push(
      tenant,
      taken.map(({ item }) => item),
    );
    this.#apart.push(tenant, this.#queue.withdraw(tenant));
  }

  #isSuspected(workspaceId: string): boolean {
    const until = this.#suspectedUntil.get(workspaceId);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#suspectedUntil.delete(workspaceId);
    return false;
  }

  /** One task at a time, in a thread that ends when nothing is left to do. */
  async #isolate(): Promise<void> {
    if (this.#isolating) return;
    this.#isolating = true;
    let thread: Thread | undefined;
    for (let [one] = this.#apart.take(1); one; [one] = this.#apart.take(1)) {
      if (thread?.ended) thread = undefined;
      if (!this.#stopped) thread ??= await this.#start();
      if (thread && !this.#stopped) await this.#tryAlone(one, thread);
      else this.#refuse(this.#apart, one);
    }
    this.#isolating = false;
    if (thread) await this.#dismiss(thread);
  }

  async #tryAlone(one: Charged<Job>, thread: Thread): Promise<void> {
    const { task } = one.item;
    if (this.#strikes.isOut(task)) return this.#fail(one, TOO_MANY_STRIKES, 0);
    const reply = await this.#ask(thread, [one]);
    if (reply.ok) return this.#settle(this.#apart, [one], reply);
    if (this.#stopped) return this.#refuse(this.#apart, one);
    this.#strikes.add(task);
    const { timeoutMs } = this.options;
    this.#fail(one, endingFault(reply.ended, timeoutMs), timeoutMs);
  }

  #fail(one: Charged<Job>, fault: Parameters<typeof stoppedResult>[1], tookMs: number): void {
    const result = stoppedResult(one.item.task, fault);
    if (!result) return this.#refuse(this.#apart, one);
    this.#apart.ended(one, tookMs);
    one.item.resolve(result);
  }

  /** Starts a thread for everybody, ever less often while that fails. Without any, nobody is kept waiting. */
  async #hire(): Promise<void> {
    for (
      let waitMs = FIRST_RETRY_MS;
      !this.#stopped;
      waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)
    ) {
      const thread = await this.#start();
      if (thread) {
        this.#idle.push(thread);
        return this.#pump();
      }
      if (!this.isReady) this.#refuseAll();
      await pause(waitMs, undefined, { ref: false });
    }
  }

  /** Undefined when that fails. */
  async #start(): Promise<Thread | undefined> {
    try {
      const thread = await Thread.start(this.options);
      this.#live.add(thread);
      if (this.#stopped) await this.#dismiss(thread);
      return thread;
    } catch (error) {
      this.options.onStartFailed(error);
      return undefined;
    }
  }

  async #dismiss(thread: Thread): Promise<void> {
    this.#live.delete(thread);
    await thread.end();
  }

  #refuseAll(): void {
    for (const queue of [this.#queue, this.#apart]) {
      while (queue.size > 0) for (const one of queue.take(Infinity)) this.#refuse(queue, one);
    }
  }

  #refuse(queue: FairQueue<Job>, one: Charged<Job>): void {
    queue.ended(one, 0);
    one.item.reject(new EvaluationUnavailable());
  }
}
