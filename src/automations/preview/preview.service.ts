import { Injectable } from '@nestjs/common';
import type { Fault } from '../../errors.js';
import { type Principal, requireScopes, WorkspaceService } from '../../workspaces/index.js';
import { contextWorkspaceOf } from '../context/context.js';
import type { CompleteDraft, DraftInput } from '../draft.js';
import { DraftService } from '../draft.service.js';
import { deliveryIdOf, DraftRuleService } from '../draft-rule.service.js';
import { EvaluationService, type Outcome, type Trial } from '../evaluation/index.js';
import { isConcerned, type Rule } from '../rules/rule.js';
import { type ChosenEvent, PreviewedEventService } from './previewed-event.service.js';
import { type PreviewedRequest, PreviewedRequestService } from './previewed-request.service.js';

/** What to preview, with which event. */
export interface PreviewRequest {
  draft: DraftInput;
  event: ChosenEvent;
  /** What `now` is for the rule. */
  now: Date;
}

/** What a rule would make of an event. */
export interface Preview {
  /** Null when that cannot be told: see `problems`. */
  matched: boolean | null;
  /** How the condition was decided; null where there is none, or it was not asked. */
  trace: NonNullable<Outcome['trace']> | null;
  request: PreviewedRequest | null;
  problems: Fault[];
}

/** Shows what a rule would make of an event. It sends nothing and stores nothing. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly drafts: DraftService,
    private readonly draftRules: DraftRuleService,
    private readonly events: PreviewedEventService,
    private readonly evaluations: EvaluationService,
    private readonly requests: PreviewedRequestService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /**
   * @throws BugleError 403 for a stored event that the caller may not read, 404 for an automation or event that is
   * not there, 422 for an event type without example.
   */
  async preview(
    { workspaceId, scopes }: Principal,
    { draft: said, event: chosen, now }: PreviewRequest,
  ): Promise<Preview> {
    // A template can print all of an event, so previewing a stored one is reading it.
    if ('eventId' in chosen) requireScopes(scopes, ['read:logs'], 'preview a stored event');
    const draft = await this.draftRules.complete(workspaceId, said);
    const event = await this.events.choose(workspaceId, chosen);
    const problems = await this.drafts.check(workspaceId, draft);
    if (problems.length > 0) return { ...NOTHING, problems };
    const rule = await this.draftRules.ruleOf(workspaceId, draft);
    if (draft.triggers && !isConcerned(rule, event)) return notTriggered(event.type);
    const trial = await this.trialOf(rule, { event, now: now.toISOString() });
    return this.show(draft, trial, await this.evaluations.evaluate(trial));
  }

  private async trialOf(rule: Rule, given: Pick<Trial, 'event' | 'now'>): Promise<Trial> {
    const workspace = contextWorkspaceOf(await this.workspaces.get(rule.workspaceId));
    const deliveryId = deliveryIdOf(given.event.id, rule);
    return { rule, ...given, workspace, deliveryId, trace: true };
  }

  private async show(
    { webhookId }: CompleteDraft,
    { deliveryId, workspace }: Trial,
    outcome: Outcome,
  ): Promise<Preview> {
    const shown = { ...NOTHING, trace: outcome.trace ?? null };
    switch (outcome.kind) {
      case 'not_matched':
        return { ...shown, matched: false };
      case 'failed':
        return { ...shown, matched: hasMatched(outcome), problems: [outcome.fault] };
      case 'rendered': {
        const target = { workspaceId: workspace.id, webhookId };
        const request = await this.requests.requestOf(target, { ...outcome, deliveryId });
        return { ...shown, matched: true, request };
      }
    }
  }
}

const NOTHING: Preview = { matched: null, trace: null, request: null, problems: [] };

/** A template is only asked when the condition holds. Of a rule that had to be stopped, nobody knows where it was. */
function hasMatched({ fault, stopped }: Outcome & { kind: 'failed' }): true | null {
  return !stopped && fault.path.startsWith('template') ? true : null;
}

function notTriggered(type: string): Preview {
  const message = `None of the triggers fires for ${type}, so the condition is never asked.`;
  const problem = { path: 'triggers', code: 'not_triggered', message };
  return { ...NOTHING, matched: false, problems: [problem] };
}
