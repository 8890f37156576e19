import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import type { JsonValue } from '../../json.js';
import { LOGGER } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import type { Field } from '../context/context-fields.js';
import { defaultPayload } from '../default-payload.js';
import type { EditorHelp } from './editor-help.js';
import type { DraftCheck, Result, Task, TemplateDraft, Trial } from './messages.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { EvaluationPool, type PoolOptions } from './pool.js';

/** How long the start waits for a thread. */
const START_MS = 5_000;

/** Conditions and templates, evaluated apart from everything else: in worker threads with a time and a memory limit. */
@Injectable()
export class EvaluationService implements OnApplicationBootstrap, OnApplicationShutdown {
  private pool: EvaluationPool | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  /** Threads take a moment to begin: the first event should find one ready. Without any the server starts all the same. */
  async onApplicationBootstrap(): Promise<void> {
    this.pool = new EvaluationPool(this.options());
    await Promise.race([this.pool.begun, pause(START_MS, undefined, { ref: false })]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.stop();
  }

  /** Tries rules on events of one workspace. Outcomes are in the order of the trials. */
  async evaluateAll(workspaceId: string, trials: readonly Trial[]): Promise<Outcome[]> {
    const tasks = trials.filter(isWritten).map((trial) => ({ kind: 'try' as const, trial }));
    const results = (tasks.length > 0 ? await this.run(workspaceId, tasks) : []).values();
    return trials.map((trial) =>
      isWritten(trial) ? triedOf(results.next().value) : this.plainOutcome(trial),
    );
  }

  /** Tries one rule on one event. */
  async evaluate(trial: Trial): Promise<Outcome> {
    const [outcome] = await this.evaluateAll(trial.workspace.id, [trial]);
    if (!outcome) throw new Error('a trial has no outcome');
    return outcome;
  }

  /** Everything that is wrong with a template; with `fields` also what is doubtful about it, and what it reads. */
  async checkTemplate(
    workspaceId: string,
    draft: TemplateDraft,
    fields: Field | null = null,
  ): Promise<DraftCheck> {
    const [result] = await this.run(workspaceId, [{ kind: 'check_template', draft, fields }]);
    return checkOf(result);
  }

  /** Everything that is wrong with a condition; with `fields` also what is doubtful about it, and what it reads. */
  async checkCondition(
    workspaceId: string,
    condition: JsonValue,
    fields: Field | null = null,
  ): Promise<DraftCheck> {
    const [result] = await this.run(workspaceId, [{ kind: 'check_condition', condition, fields }]);
    return checkOf(result);
  }

  /** All that conditions and templates know. Only the threads have it: the server's own thread never loads a language. */
  async editorHelp(workspaceId: string): Promise<EditorHelp> {
    const [result] = await this.run(workspaceId, [{ kind: 'help' }]);
    if (result?.kind !== 'help') throw new Error('the request for help was not answered with it');
    return result.help;
  }

  /** Whether anything can be evaluated. */
  get isReady(): boolean {
    return this.pool?.isReady ?? false;
  }

  /** Tasks that wait for a thread, and threads. */
  get load(): { waiting: number; threads: number } {
    return this.pool?.load ?? { waiting: 0, threads: 0 };
  }

  /** The program of a thread. */
  threadEntry(): URL {
    return new URL('./evaluation-thread.js', import.meta.url);
  }

  /** Of a rule of which nobody wrote anything: no thread is needed for what we wrote ourselves. */
  private plainOutcome({ rule, event, deliveryId }: Trial): Outcome {
    return outcomeOf(rule, defaultPayload(event, deliveryId, this.config.BUGLE_MAX_BODY_BYTES));
  }

  private run(workspaceId: string, tasks: readonly Task[]): Promise<Result[]> {
    if (!this.pool) throw new Error('the application has not been started');
    return this.pool.run(workspaceId, tasks);
  }

  private options(): PoolOptions {
    const { config } = this;
    return {
      entry: this.threadEntry(),
      threads: config.BUGLE_EVALUATION_THREADS || ownThreads(),
      timeoutMs: config.BUGLE_EVALUATION_TIMEOUT_MS,
      maxMemoryMb: config.BUGLE_EVALUATION_MEMORY_MB,
      maxStrikes: config.BUGLE_EVALUATION_STRIKES,
      settings: {
        maxTemplateBytes: config.BUGLE_MAX_TEMPLATE_BYTES,
        maxBodyBytes: config.BUGLE_MAX_BODY_BYTES,
        maxConditionBytes: config.BUGLE_MAX_CONDITION_BYTES,
        cacheBytes: (config.BUGLE_EVALUATION_MEMORY_MB / 4) * 1024 * 1024,
      },
      onThreadEnd: (ended, details) => {
        this.metrics.threadsEnded.inc({ ended });
        this.logger.error({ ended, ...details }, 'evaluation.thread_ended');
      },
      onStartFailed: (err) => this.logger.error({ err }, 'evaluation.thread_not_started'),
    };
  }
}

/** One processor is for the server's own thread; more than four are seldom busy. */
function ownThreads(): number {
  return Math.min(4, Math.max(1, availableParallelism() - 1));
}

/** Whether somebody wrote a condition or a template. */
function isWritten({ rule }: Trial): boolean {
  return rule.condition !== null || rule.template !== null;
}

function triedOf(result: Result | undefined): Outcome {
  if (result?.kind !== 'tried') throw new Error('a trial was not answered with an outcome');
  return result.outcome;
}

function checkOf(result: Result | undefined): DraftCheck {
  if (result?.kind !== 'checked') throw new Error('a draft was not answered with a check');
  return result.check;
}
