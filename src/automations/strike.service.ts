import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { Repository } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { LOGGER } from '../logger.js';
import { Automation } from './automation.entity.js';
import { AutomationService } from './automation.service.js';
import type { Rule } from './rules/rule.js';

/** Counts how often an automation had to be stopped by force, and disables it when that was too often. */
@Injectable()
export class StrikeService {
  constructor(
    @InjectRepository(Automation) private readonly automations: Repository<Automation>,
    private readonly edits: AutomationService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Only at the revision that was tried: an automation that was corrected since begins anew. */
  async count({ automation, workspaceId, revision }: Rule): Promise<void> {
    if (!automation) return;
    const { id } = automation;
    await this.automations.increment({ workspaceId, id, revision }, 'strikes', 1);
    const struck = await this.automations.findOneBy({ workspaceId, id, revision });
    if (!struck) return;
    const { strikes } = struck;
    this.logger.warn({ automationId: id, workspaceId, revision, strikes }, 'automation.struck');
    if (strikes < this.config.BUGLE_EVALUATION_STRIKES || !struck.enabled) return;
    const reason = `It did not end within its limits on ${strikes} events and was stopped each time. Make its condition and template simpler, then enable it again.`;
    await this.edits.disable(struck, reason);
  }
}
