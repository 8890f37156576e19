import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { isOutage } from '../../database/index.js';
import { BugleError, type Fault, invalidInput } from '../../errors.js';
import { LOGGER } from '../../logger.js';
import { type Principal, WorkspaceService } from '../../workspaces/index.js';
import { contextWorkspaceOf } from '../context/context.js';
import type { CompleteDraft, DraftInput } from '../draft.js';
import { DraftService } from '../draft.service.js';
import { DraftRuleService } from '../draft-rule.service.js';
import { within } from '../fault-path.js';
import { Places } from '../places.js';
import { type BacktestFindings, BacktestTally } from './backtest.js';
import {
  BacktestScanService,
  type ProgressStep,
  type Selection,
  type Subject,
} from './backtest-scan.service.js';
import { Ending } from './ending.js';

/** What to try, and on which events. */
export interface BacktestRequest extends Selection {
  draft: DraftInput;
}

/** What a backtest says while it runs, and at its end. */
export type BacktestStep =
  ProgressStep | ({ kind: 'result'; isComplete: boolean } & BacktestFindings);

/** Tries a rule on stored events. It sends nothing and stores nothing. */
@Injectable()
export class BacktestService {
  private readonly places = new Places({ ofWorkspace: 1, inAll: 2 });
  private readonly ending = new Ending();

  constructor(
    private readonly drafts: DraftService,
    private readonly draftRules: DraftRuleService,
    private readonly scans: BacktestScanService,
    private readonly workspaces: WorkspaceService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Newest events first. The first step comes when everything was checked; whoever stops asking for steps stops it.
   * @throws BugleError 404, 409 `backtest_running`, 422, 429 `backtests_busy`; while it runs 500
   * `backtest_failed`, 503 `shutting_down`
   */
  async *run({ workspaceId }: Principal, request: BacktestRequest): AsyncGenerator<BacktestStep> {
    this.takePlace(workspaceId);
    try {
      const subject = await this.subjectOf(workspaceId, request.draft);
      yield* this.ending.until(this.steps(subject, request));
    } finally {
      this.places.leave(workspaceId);
    }
  }

  /** Ends every backtest: the web server waits for its requests before it closes. */
  end(): void {
    this.ending.end(shuttingDown());
  }

  private async *steps(subject: Subject, selection: Selection): AsyncGenerator<BacktestStep> {
    const tally = new BacktestTally({ isCompared: subject.automationId !== undefined });
    try {
      yield { kind: 'progress', ...tally.progress };
      const isComplete = yield* this.scans.scan(subject, selection, tally);
      yield { kind: 'result', isComplete, ...tally.findings };
    } catch (error) {
      throw this.failure(error, subject);
    }
  }

  private failure(error: unknown, { workspace }: Subject): BugleError {
    if (error instanceof BugleError) return error;
    this.logger.error({ err: error, workspaceId: workspace.id }, 'backtest.failed');
    const message = 'The backtest was broken off. Try it again.';
    return new BugleError(isOutage(error) ? 503 : 500, 'backtest_failed', message);
  }

  private takePlace(workspaceId: string): void {
    switch (this.places.take(workspaceId)) {
      case 'taken':
        return;
      case 'workspace_full': {
        const message = 'A backtest of this workspace is running. Wait for its end, or stop it.';
        throw new BugleError(409, 'backtest_running', message);
      }
      case 'all_full': {
        const message = 'Other workspaces are running backtests. Try again in a moment.';
        throw new BugleError(429, 'backtests_busy', message);
      }
    }
  }

  private async subjectOf(workspaceId: string, input: DraftInput): Promise<Subject> {
    const draft = await this.draftRules.complete(workspaceId, input);
    await this.refuseFaults(workspaceId, draft);
    return {
      rule: await this.draftRules.ruleOf(workspaceId, draft),
      automationId: input.automationId,
      workspace: contextWorkspaceOf(await this.workspaces.get(workspaceId)),
    };
  }

  private async refuseFaults(workspaceId: string, draft: CompleteDraft): Promise<void> {
    if (!draft.triggers) throw invalidInput([NO_TRIGGERS]);
    const faults = await this.drafts.check(workspaceId, draft);
    if (faults.length === 0) return;
    throw invalidInput(faults.map((fault) => within('automation', fault)));
  }
}

const NO_TRIGGERS: Fault = {
  path: 'automation.triggers',
  code: 'required',
  message: 'is required: the event types to try it on',
};

function shuttingDown(): BugleError {
  const message =
    'The server is being stopped, and the backtest with it. Start it again in a moment.';
  return new BugleError(503, 'shutting_down', message);
}
