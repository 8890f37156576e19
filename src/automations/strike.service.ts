import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { Repository } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { BugleError } from '../errors.js';
import { LOGGER } from '../logger.js';
import { Automation } from './automation.entity.js';
import { AutomationService } from './automation.service.js';
import type { Rule } from './rules/rule.js';

type Struck = Pick<Automation, 'id' | 'workspaceId' | 'revision' | 'strikes'>;

const STRIKE = `UPDATE automations SET strikes = strikes + $4
  WHERE workspace_id = $1 AND id = $2 AND revision = $3 AND enabled
  RETURNING id, workspace_id AS "workspaceId", revision, strikes`;

/** Counts how often an automation had to be stopped by force, and disables it when that was too often. */
@Injectable()
export class StrikeService {
  constructor(
    @InjectRepository(Automation) private readonly automations: Repository<Automation>,
    private readonly edits: AutomationService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The rules of events that were stopped, each as often as it was. Never fails: the deliveries are stored by now. */
  async count(rules: readonly Rule[]): Promise<void> {
    for (const rule of new Set(rules)) {
      const times = rules.filter((each) => each === rule).length;
      await this.countOne(rule, times).catch((err: unknown) =>
        this.logger.error({ err, automationId: rule.automation?.id }, 'automation.not_struck'),
      );
    }
  }

  /** Only at the revision that was tried: an automation that was corrected since begins anew. */
  private async countOne(
    { automation, workspaceId, revision }: Rule,
    times: number,
  ): Promise<void> {
    if (!automation) return;
    const values = [workspaceId, automation.id, revision, times];
    const [[struck]] = await this.automations.query<[Struck[], number]>(STRIKE, values);
    if (!struck) return;
    const { id, strikes } = struck;
    this.logger.warn({ automationId: id, workspaceId, revision, strikes }, 'automation.struck');
    if (strikes >= this.config.BUGLE_EVALUATION_STRIKES) await this.disable(struck);
  }

  private async disable(struck: Struck): Promise<void> {
    const reason = `It did not end within its limits on ${struck.strikes} events and was stopped each time. Make its condition and template simpler, then enable it again.`;
    try {
      await this.edits.disable(struck, reason);
    } catch (error) {
      // Somebody was quicker: another process, or an admin who edited or deleted it.
      if (!(error instanceof BugleError)) throw error;
    }
  }
}
