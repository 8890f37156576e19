import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, LessThan, Repository } from 'typeorm';
import { isForeignKeyViolation, isUniqueViolation, newId } from '../database/index.js';
import { BugleError, invalidInput, notFound } from '../errors.js';
import { requireRevision } from '../revision.js';
import { bumpRules, type Principal } from '../workspaces/index.js';
import { Automation } from './automation.entity.js';
import type { AutomationSettings } from './automation.js';
import { AutomationRevision } from './revisions/automation-revision.entity.js';
import { DraftService } from './draft.service.js';
import { RevisionService } from './revisions/revision.service.js';

/** Whose edit it is, and why where it is not simply one of a person. */
type Edit = Pick<AutomationRevision, 'editedBy' | 'reason'>;

/** Creates and edits automations. Every edit is a new revision and makes compiled rules stale. */
@Injectable()
export class AutomationService {
  constructor(
    @InjectRepository(Automation) private readonly automations: Repository<Automation>,
    private readonly revisions: RevisionService,
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
      strikes: 0,
      disabledReason: null,
    });
    return this.write(editOf(caller), (manager) => manager.save(automation));
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
  update(
    caller: Principal,
    id: string,
    patch: Partial<AutomationSettings>,
    revision?: number,
  ): Promise<Automation> {
    const { workspaceId } = caller;
    return this.edit(editOf(caller), { workspaceId, id, revision }, patch);
  }

  /**
   * Makes an old revision the newest one, checked like any edit.
   * @throws BugleError 404, 409 `name_taken`, `revision_is_deletion`, 412 `revision_conflict`, 422
   */
  async rollback(
    caller: Principal,
    id: string,
    target: number,
    revision?: number,
  ): Promise<Automation> {
    const { workspaceId } = caller;
    const definition = await this.revisions.definition(workspaceId, id, target);
    const edit = editOf(caller, `Rolled back to revision ${target}.`);
    return this.edit(edit, { workspaceId, id, revision }, definition);
  }

  /** Its deliveries and revisions stay, and what waits is still sent. @throws BugleError 404, 412 */
  async delete({ workspaceId, keyId }: Principal, id: string, revision?: number): Promise<void> {
    await this.automations.manager.transaction(async (manager) => {
      const automation = await lock(manager, { workspaceId, id, revision });
      const last = revisionOf(automation, { editedBy: keyId, reason: null });
      await manager.save(Object.assign(last, { revision: last.revision + 1, definition: null }));
      await manager.remove(automation);
      await bumpRules(manager, workspaceId, { automationId: id });
    });
  }

  /** For Bugle itself. What was edited since is left alone. @throws BugleError 404, 412 */
  async disable({ workspaceId, id, revision }: Automation, reason: string): Promise<void> {
    await this.write({ editedBy: null, reason }, async (manager) => {
      const automation = await lock(manager, { workspaceId, id, revision });
      const next = { ...nextRevision(automation, {}), enabled: false, disabledReason: reason };
      return manager.save(Object.assign(automation, next));
    });
  }

  private async edit(
    edit: Edit,
    place: Place,
    patch: Partial<AutomationSettings>,
  ): Promise<Automation> {
    const current = await this.get(place.workspaceId, place.id);
    await this.refuseFaults(place.workspaceId, { ...settingsOf(current), ...patch });
    return this.write(edit, async (manager) => {
      const automation = await lock(manager, place);
      return manager.save(Object.assign(automation, patch, nextRevision(automation, patch)));
    });
  }

  private async refuseFaults(workspaceId: string, settings: AutomationSettings): Promise<void> {
    const faults = await this.drafts.check(workspaceId, settings);
    if (faults.length > 0) throw invalidInput(faults);
  }

  private async write(
    edit: Edit,
    store: (manager: EntityManager) => Promise<Automation>,
  ): Promise<Automation> {
    try {
      return await this.automations.manager.transaction(async (manager) => {
        const automation = await store(manager);
        await manager.save(revisionOf(automation, edit));
        await bumpRules(manager, automation.workspaceId, { automationId: automation.id });
        return automation;
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

/** An automation, at the revision that its editor has read. */
interface Place {
  workspaceId: string;
  id: string;
  revision?: number;
}

/** The row, locked until the transaction ends. @throws BugleError 404, 412 */
async function lock(
  manager: EntityManager,
  { workspaceId, id, revision }: Place,
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
  const { templateFormat, contentType } = automation;
  const payload = { template, templateFormat, contentType };
  return { name, description, triggers, condition, ...payload, webhookId, priority, enabled };
}

/** A corrected automation begins without strikes; the reason stays until somebody enables it. */
function nextRevision(
  { revision, disabledReason }: Automation,
  { enabled }: Partial<AutomationSettings>,
): Pick<Automation, 'revision' | 'strikes' | 'disabledReason'> {
  return {
    revision: revision + 1,
    strikes: 0,
    disabledReason: enabled ? null : disabledReason,
  };
}

function editOf({ keyId }: Principal, reason: string | null = null): Edit {
  return { editedBy: keyId, reason };
}

function revisionOf(automation: Automation, edit: Edit): AutomationRevision {
  const { id: automationId, revision, workspaceId } = automation;
  const definition = settingsOf(automation);
  return Object.assign(new AutomationRevision(), {
    automationId,
    revision,
    workspaceId,
    definition,
    ...edit,
  });
}
