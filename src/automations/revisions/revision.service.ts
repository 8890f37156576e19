import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { BugleError, notFound } from '../../errors.js';
import type { AutomationSettings } from '../automation.js';
import { AutomationRevision } from './automation-revision.entity.js';
import { type FieldChange, revisionChanges } from './revision-diff.js';

/** The history of automations, deleted ones too: every edit, and what it changed. */
@Injectable()
export class RevisionService {
  constructor(
    @InjectRepository(AutomationRevision)
    private readonly revisions: Repository<AutomationRevision>,
  ) {}

  /** Newest first, one row more than the limit, from before a revision on. @throws BugleError 404 */
  async list(
    workspaceId: string,
    automationId: string,
    { limit, before }: { limit: number; before?: number },
  ): Promise<AutomationRevision[]> {
    const revisions = await this.revisions.find({
      where: { workspaceId, automationId, ...(before && { revision: LessThan(before) }) },
      order: { revision: 'DESC' },
      take: limit + 1,
    });
    // Every automation has a first revision: without any, there was never such a one.
    if (revisions.length === 0 && !before) throw notFound('automation', automationId);
    return revisions;
  }

  /** @throws BugleError 404 */
  async get(
    workspaceId: string,
    automationId: string,
    revision: number,
  ): Promise<AutomationRevision> {
    const found = await this.revisions.findOneBy({ workspaceId, automationId, revision });
    if (!found) throw notFound(`revision ${revision} of the automation`, automationId);
    return found;
  }

  /** What an automation was at a revision. @throws BugleError 404, 409 `revision_is_deletion` */
  async definition(
    workspaceId: string,
    automationId: string,
    revision: number,
  ): Promise<AutomationSettings> {
    const { definition } = await this.get(workspaceId, automationId, revision);
    if (definition) return definition;
    throw new BugleError(
      409,
      'revision_is_deletion',
      `Revision ${revision} is the deletion of the automation: there is nothing to go back to. Choose one before it.`,
    );
  }

  /** What differs between two revisions, field by field. @throws BugleError 404 */
  async diff(
    workspaceId: string,
    automationId: string,
    { from, to }: { from: number; to: number },
  ): Promise<FieldChange[]> {
    const before = await this.get(workspaceId, automationId, from);
    const after = await this.get(workspaceId, automationId, to);
    return revisionChanges(before.definition, after.definition);
  }
}
