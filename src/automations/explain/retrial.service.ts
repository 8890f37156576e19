import { Injectable } from '@nestjs/common';
import { derivedId } from '../../database/index.js';
import type { StoredEvent } from '../../event-bus/index.js';
import { WorkspaceService } from '../../workspaces/index.js';
import type { AutomationSettings } from '../automation.js';
import { contextWorkspaceOf } from '../context/context.js';
import { EMPTY_DRAFT } from '../draft.js';
import { EvaluationService, type Outcome } from '../evaluation/index.js';
import type { Rule } from '../rules/rule.js';
import type { PastRule } from './explain.js';

/** What conditions saw when they were asked. */
interface Sight {
  /** What the rules said then, by id. */
  definitions: ReadonlyMap<string, AutomationSettings>;
  event: StoredEvent;
  /** When it was dispatched. */
  at: Date;
}

/** Asks conditions of the past again, to see how they were decided. */
@Injectable()
export class RetrialService {
  constructor(
    private readonly evaluations: EvaluationService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /** Outcomes with traces, by rule. */
  async conditions(
    rules: readonly PastRule[],
    { definitions, event, at }: Sight,
  ): Promise<Map<string, Outcome>> {
    if (rules.length === 0) return new Map();
    const workspace = contextWorkspaceOf(await this.workspaces.get(event.workspaceId));
    const trials = rules.map((past) => ({
      rule: ruleOf(workspace.id, past, definitions.get(past.id)),
      event,
      workspace,
      now: at.toISOString(),
      deliveryId: derivedId(event.id, past.id),
      trace: true,
    }));
    const outcomes = await this.evaluations.evaluateAll(workspace.id, trials);
    return new Map(outcomes.map((outcome, index) => [rules[index]?.id ?? '', outcome]));
  }
}

/** The condition alone: nobody asks what its template would give. */
function ruleOf(
  workspaceId: string,
  { id, automation, webhook, revision, triggers }: PastRule,
  definition: AutomationSettings | undefined,
): Rule {
  return {
    ...EMPTY_DRAFT,
    id,
    workspaceId,
    automation,
    webhook: { ...webhook, method: 'POST' },
    revision,
    triggers,
    condition: definition?.condition ?? null,
    priority: 0,
  };
}
