import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import type { Fault } from '../errors.js';
import { checkTriggers, EventTypeService } from '../event-bus/index.js';
import type { JsonValue } from '../json.js';
import { WebhookService } from '../webhooks/index.js';
import { checkCondition, DEFAULT_CONDITION_LIMITS } from './condition/index.js';
import { RuleBookService } from './rule-book.service.js';
import { compileTemplate } from './template/index.js';

/** The parts of an automation that can be wrong by themselves. */
export interface Draft {
  triggers?: readonly string[];
  condition: JsonValue;
  template: string | null;
  webhookId?: string;
}

/** Says what is wrong with an automation before it is stored or previewed. */
@Injectable()
export class DraftService {
  constructor(
    private readonly eventTypes: EventTypeService,
    private readonly webhooks: WebhookService,
    private readonly rules: RuleBookService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Every fault, with its path in the automation, and its line and column in the template. */
  async check(workspaceId: string, draft: Draft): Promise<Fault[]> {
    const known = await this.eventTypes.triggerable(workspaceId);
    const triggers = checkTriggers(draft.triggers ?? [], known);
    return [
      ...triggers.map((fault) => ({ ...fault, path: `triggers${fault.path}` })),
      ...this.conditionFaults(draft.condition),
      ...this.templateFaults(draft.template),
      ...(await this.webhookFaults(workspaceId, draft.webhookId)),
    ];
  }

  private conditionFaults(condition: JsonValue): Fault[] {
    if (condition === null) return [];
    const limits = { ...DEFAULT_CONDITION_LIMITS, bytes: this.config.BUGLE_MAX_CONDITION_BYTES };
    return checkCondition(condition, limits).map((fault) => ({
      ...fault,
      path: fault.path ? `condition.${fault.path}` : 'condition',
    }));
  }

  private templateFaults(template: string | null): Fault[] {
    if (template === null) return [];
    const result = compileTemplate(template, this.rules.limits());
    return result.ok ? [] : result.faults.map((fault) => ({ ...fault, path: 'template' }));
  }

  private async webhookFaults(
    workspaceId: string,
    webhookId: string | undefined,
  ): Promise<Fault[]> {
    if (webhookId === undefined) return [];
    const isThere = await this.webhooks.exists(workspaceId, webhookId);
    return isThere
      ? []
      : [
          {
            path: 'webhookId',
            code: 'unknown_webhook',
            message: 'There is no such webhook in this workspace.',
          },
        ];
  }
}
