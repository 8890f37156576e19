import { Injectable } from '@nestjs/common';
import { newId } from '../../database/index.js';
import { BugleError, invalidInput } from '../../errors.js';
import { WebhookService } from '../../webhooks/index.js';
import { type Principal, WorkspaceService } from '../../workspaces/index.js';
import { AutomationService } from '../automation.service.js';
import { type BacktestFindings, BacktestTally } from './backtest.js';
import {
  BacktestScanService,
  type ProgressStep,
  type Selection,
  type Subject,
} from './backtest-scan.service.js';
import { type Draft, DraftService } from '../draft.service.js';
import { requireScopes } from '../required-scopes.js';
import { type Rule, ruleOfAutomation } from '../rules/rule.js';

/** What to try, and on which events. */
export interface BacktestRequest extends Selection {
  /** What is not said is as the stored automation has it. */
  automation: Partial<Draft>;
  /** Of the automation that would be edited. */
  automationId?: string;
}

/** What a backtest says while it runs, and at its end. */
export type BacktestStep =
  ProgressStep | ({ kind: 'result'; isComplete: boolean } & BacktestFindings);

/** What is left out of an unsaved automation. */
const EMPTY: Draft = {
  condition: null,
  template: null,
  templateFormat: 'json-text',
  contentType: null,
};
/** In one process; the pipeline needs the rest of it. */
const MAX_RUNNING = 2;

/** Tries a rule on stored events. It sends nothing and stores nothing. */
@Injectable()
export class BacktestService {
  private readonly running = new Set<string>();

  constructor(
    private readonly automations: AutomationService,
    private readonly drafts: DraftService,
    private readonly scans: BacktestScanService,
    private readonly webhooks: WebhookService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /**
   * Newest events first. The first step comes when everything was checked; whoever stops asking for steps stops it.
   * @throws BugleError 403 `missing_scope`, 404, 409 `backtest_running`, 422, 429 `backtests_busy`
   */
  async *run(
    { workspaceId, scopes }: Principal,
    request: BacktestRequest,
  ): AsyncGenerator<BacktestStep> {
    requireScopes(scopes, ['manage:automations', 'read:logs']);
    this.takePlace(workspaceId);
    try {
      const subject = await this.subjectOf(workspaceId, request);
      const tally = new BacktestTally({ isCompared: subject.automationId !== undefined });
      yield { kind: 'progress', ...tally.progress };
      const isComplete = yield* this.scans.scan(subject, request, tally);
      yield { kind: 'result', isComplete, ...tally.findings };
    } finally {
      this.running.delete(workspaceId);
    }
  }

  private takePlace(workspaceId: string): void {
    if (this.running.has(workspaceId)) {
      const message = 'A backtest of this workspace is running. Wait for its end, or stop it.';
      throw new BugleError(409, 'backtest_running', message);
    }
    if (this.running.size >= MAX_RUNNING) {
      const message = 'Other workspaces are running backtests. Try again in a moment.';
      throw new BugleError(429, 'backtests_busy', message);
    }
    this.running.add(workspaceId);
  }

  private async subjectOf(workspaceId: string, request: BacktestRequest): Promise<Subject> {
    const { automation, automationId } = request;
    const stored = automationId ? await this.automations.get(workspaceId, automationId) : undefined;
    const draft = { ...(stored ?? EMPTY), ...automation };
    const { id, name, timeZone } = await this.workspaces.get(workspaceId);
    await this.refuseFaults(workspaceId, draft);
    const webhook = draft.webhookId
      ? await this.webhooks.get(workspaceId, draft.webhookId)
      : { id: newId(), name: 'no webhook yet', method: 'POST' as const };
    return {
      rule: ruleOf(workspaceId, { ...draft, triggers: draft.triggers ?? [] }, webhook, stored),
      automationId,
      workspace: { id, name, timeZone },
    };
  }

  private async refuseFaults(workspaceId: string, draft: Draft): Promise<void> {
    if (!draft.triggers) throw invalidInput([NO_TRIGGERS]);
    const faults = await this.drafts.check(workspaceId, draft);
    if (faults.length === 0) return;
    throw invalidInput(faults.map((fault) => ({ ...fault, path: `automation.${fault.path}` })));
  }
}

const NO_TRIGGERS = {
  path: 'automation.triggers',
  code: 'required',
  message: 'is required: the event types to try it on',
};

/**
 * Under an id that nothing else has, and not under the stored one: what is compiled, and what had to be stopped by
 * force, is remembered by id and revision.
 */
function ruleOf(
  workspaceId: string,
  draft: Draft & { triggers: readonly string[] },
  webhook: Rule['webhook'],
  stored: { id: string; name: string } | undefined,
): Rule {
  const { triggers, condition, template, templateFormat, contentType } = draft;
  const id = newId();
  const row = { triggers, condition, template, templateFormat, contentType };
  const rule = ruleOfAutomation(
    { id, workspaceId, name: 'draft', ...row, webhookId: webhook.id, priority: 0, revision: 0 },
    webhook,
  );
  return { ...rule, automation: { id: stored?.id ?? id, name: stored?.name ?? 'draft' } };
}
