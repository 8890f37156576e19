import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, LessThan, Repository } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { isForeignKeyViolation, isUniqueViolation, newId } from '../database/index.js';
import { BugleError, invalidInput, notFound } from '../errors.js';
import { requireRevision } from '../revision.js';
import { bumpRules, type Principal } from '../workspaces/index.js';
import { Automation } from './automation.entity.js';
import { type AutomationSettings, settingsOf } from './automation.js';
import { DraftService } from './draft.service.js';
import { AutomationRevision, type Edit } from './revisions/automation-revision.entity.js';
import { RevisionService } from './revisions/revision.service.js';

/** How often an edit is checked anew because others came in between. */
const MAX_TRIES = 3;

type Patch = Partial<AutomationSettings>;

/** An automation, and the revision that its editor has read. */
export interface EditedAutomation {
  id: string;
  /** An edit that was made since is not overwritten. Undefined: it is. */
  revision?: number;
}

/** Creates and edits automations. Every edit is a new revision and makes compiled rules stale. */
@Injectable()
export class AutomationService {
  constructor(
    @InjectRepository(Automation) private readonly automations: Repository<Automation>,
    private readonly revisions: RevisionService,
    private readonly drafts: DraftService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws BugleError 409 `name_taken`, `too_many_automations`, 422 with a path to each fault */
  async create(caller: Principal, settings: AutomationSettings): Promise<Automation> {
    const { workspaceId } = caller;
    await this.refuseTooMany(workspaceId);
    await this.refuseFaults(workspaceId, settings);
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

  /** An edit that changes nothing makes no revision. @throws BugleError 404, 409 `name_taken`, 412 `revision_conflict`, 422 */
  update(caller: Principal, edited: EditedAutomation, patch: Patch): Promise<Automation> {
    const { workspaceId } = caller;
    return this.edit(editOf(caller), { ...edited, workspaceId }, patch);
  }

  /**
   * Makes an old revision the newest one, checked like any edit.
   * @throws BugleError 404, 409 `name_taken`, `revision_is_deletion`, 412 `revision_conflict`, 422
   */
  async rollback(caller: Principal, edited: EditedAutomation, target: number): Promise<Automation> {
    const { workspaceId } = caller;
    const definition = await this.revisions.definition(workspaceId, edited.id, target);
    const edit = editOf(caller, `Rolled back to revision ${target}.`);
    return this.edit(edit, { ...edited, workspaceId }, definition);
  }

  /** Its deliveries and revisions stay, and what waits is still sent. @throws BugleError 404, 412 */
  async delete({ workspaceId, keyId }: Principal, edited: EditedAutomation): Promise<void> {
    await this.automations.manager.transaction(async (manager) => {
      const automation = await lock(manager, { ...edited, workspaceId });
      await manager.save(AutomationRevision.ofDeleted(automation, keyId));
      await manager.remove(automation);
      await bumpRules(manager, workspaceId, { automationId: edited.id });
    });
  }

  /** For Bugle itself. What was edited since is left alone. @throws BugleError 404, 412 */
  async disable(
    { workspaceId, id, revision }: Pick<Automation, 'workspaceId' | 'id' | 'revision'>,
    reason: string,
  ): Promise<void> {
    await this.write({ editedBy: null, reason }, async (manager) => {
      const automation = await lock(manager, { workspaceId, id, revision });
      const next = { ...nextRevision(automation, {}), enabled: false, disabledReason: reason };
      return manager.save(Object.assign(automation, next));
    });
  }

  /** Nobody asked for a certain revision: an edit that came in between is no reason to refuse, but to check once more. */
  private async edit(edit: Edit, place: Place, patch: Patch): Promise<Automation> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.editOnce(edit, place, patch);
      } catch (error) {
        if (place.revision !== undefined || tries === MAX_TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /** Stores what was checked and nothing else. @throws BugleError 412 where another edit came in between */
  private async editOnce(edit: Edit, place: Place, patch: Patch): Promise<Automation> {
    const current = await this.get(place.workspaceId, place.id);
    requireRevision(place.revision, current.revision);
    const before = settingsOf(current);
    const checked = { ...before, ...patch };
    if (isDeepStrictEqual(checked, before)) return current;
    // Triggers that were right once stay: their event type may have been deleted since.
    const triggers = isDeepStrictEqual(checked.triggers, before.triggers) ? [] : checked.triggers;
    // Checked before the row is locked: the check may need a connection of its own.
    await this.refuseFaults(place.workspaceId, { ...checked, triggers });
    return this.write(edit, async (manager) => {
      const automation = await lock(manager, place);
      const next = { ...settingsOf(automation), ...patch };
      if (!isDeepStrictEqual(next, checked)) requireRevision(current.revision, automation.revision);
      return manager.save(Object.assign(automation, patch, nextRevision(automation, patch)));
    });
  }

  private async refuseTooMany(workspaceId: string): Promise<void> {
    const most = this.config.BUGLE_MAX_AUTOMATIONS;
    if ((await this.automations.countBy({ workspaceId })) < most) return;
    const message = `A workspace has at most ${most} automations (BUGLE_MAX_AUTOMATIONS). Delete some that are not used.`;
    throw new BugleError(409, 'too_many_automations', message);
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
        await manager.save(AutomationRevision.of(automation, edit));
        await bumpRules(manager, automation.workspaceId, { automationId: automation.id });
        return automation;
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

interface Place extends EditedAutomation {
  workspaceId: string;
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

function isConflict(error: unknown): boolean {
  return error instanceof BugleError && error.code === 'revision_conflict';
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

/** A corrected automation begins without strikes; the reason stays until somebody enables it. */
function nextRevision(
  { revision, disabledReason }: Automation,
  { enabled }: Patch,
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
