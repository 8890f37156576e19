import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, LessThan, Repository } from 'typeorm';
import { isForeignKeyViolation, isUniqueViolation, newId } from '../database/index.js';
import { BugleError, invalidInput, notFound } from '../errors.js';
import { requireRevision } from '../revision.js';
import { bumpRules, type Principal } from '../workspaces/index.js';
import { Automation } from './automation.entity.js';
import type { AutomationSettings } from './automation.js';
import { AutomationRevision } from './automation-revision.entity.js';
import { DraftService } from './draft.service.js';

/** Creates and edits automations. Every edit is a new revision and makes compiled rules stale. */
@Injectable()
export class AutomationService {
  constructor(
    @InjectRepository(Automation) private readonly automations: Repository<Automation>,
    @InjectRepository(AutomationRevision)
    private readonly revisions: Repository<AutomationRevision>,
    private readonly drafts: DraftService,
  ) {}

  /** @throws BugleError 409 `name_taken`, 422 with a path to each fault */
  async create(caller: Principal, settings: AutomationSettings): Promise<Automation> {
    await this.refuseFaults(caller.workspaceId, settings);
    const { workspaceId } = caller;
    const automation = Object.assign(new Automation(), settings, {
      id: newId(),
      workspaceId,
      revision: 1,
    });
    return this.write(caller, (manager) => manager.save(automation));
  }

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, limit: number, before?: string): Promise<Automation[]> {
    return this.automations.find({
      where: { workspaceId, ...(before && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
  }

  /** @throws BugleError 404 */
  async get(workspaceId: string, id: string): Promise<Automation> {
    const automation = await this.automations.findOneBy({ workspaceId, id });
    if (!automation) throw notFound('automation', id);
    return automation;
  }

  /** @throws BugleError 404, 409 `name_taken`, 412 `revision_conflict`, 422 */
  async update(
    caller: Principal,
    id: string,
    patch: Partial<AutomationSettings>,
    revision?: number,
  ): Promise<Automation> {
    const current = await this.get(caller.workspaceId, id);
    await this.refuseFaults(caller.workspaceId, { ...settingsOf(current), ...patch });
    return this.write(caller, async (manager) => {
      const automation = await lock(manager, { workspaceId: caller.workspaceId, id, revision });
      return manager.save(Object.assign(automation, patch, { revision: automation.revision + 1 }));
    });
  }

  /** Its deliveries stay in the log, and those that wait are still sent. @throws BugleError 404, 412 */
  async delete(workspaceId: string, id: string, revision?: number): Promise<void> {
    await this.automations.manager.transaction(async (manager) => {
      await manager.remove(await lock(manager, { workspaceId, id, revision }));
      await bumpRules(manager, workspaceId);
    });
  }

  /** Every revision, newest first. @throws BugleError 404 */
  async history(workspaceId: string, id: string): Promise<AutomationRevision[]> {
    await this.get(workspaceId, id);
    return this.revisions.find({
      where: { workspaceId, automationId: id },
      order: { revision: 'DESC' },
    });
  }

  private async refuseFaults(workspaceId: string, settings: AutomationSettings): Promise<void> {
    const faults = await this.drafts.check(workspaceId, settings);
    if (faults.length > 0) throw invalidInput(faults);
  }

  private async write(
    caller: Principal,
    store: (manager: EntityManager) => Promise<Automation>,
  ): Promise<Automation> {
    try {
      return await this.automations.manager.transaction(async (manager) => {
        const automation = await store(manager);
        await manager.save(revisionOf(automation, caller.keyId));
        await bumpRules(manager, automation.workspaceId);
        return automation;
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

/** The row at the revision that the caller has read, locked until the transaction ends. @throws BugleError 404, 412 */
async function lock(
  manager: EntityManager,
  { workspaceId, id, revision }: { workspaceId: string; id: string; revision?: number },
): Promise<Automation> {
  const automation = await manager.findOne(Automation, {
    where: { workspaceId, id },
    lock: { mode: 'pessimistic_write' },
  });
  if (!automation) throw notFound('automation', id);
  requireRevision(revision, automation.revision);
  return automation;
}

/** What the database refused because of what others have stored meanwhile, in words; anything else as it is. */
function refusalOf(error: unknown): unknown {
  if (isUniqueViolation(error, 'automations_name_key')) {
    const message = 'There is already an automation of this name in the workspace.';
    return new BugleError(409, 'name_taken', message);
  }
  if (isForeignKeyViolation(error, 'automations_webhook_id_fkey')) {
    const message = 'This webhook was deleted a moment ago. Choose another.';
    return invalidInput([{ path: 'webhookId', code: 'unknown_webhook', message }]);
  }
  return error;
}

function settingsOf(automation: Automation): AutomationSettings {
  const { name, description, triggers, condition, template, webhookId, priority, enabled } =
    automation;
  return { name, description, triggers, condition, template, webhookId, priority, enabled };
}

function revisionOf(automation: Automation, editedBy: string): AutomationRevision {
  const { id: automationId, revision, workspaceId } = automation;
  return Object.assign(new AutomationRevision(), {
    automationId,
    revision,
    workspaceId,
    editedBy,
    definition: settingsOf(automation),
  });
}
