import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, LessThan, Repository } from 'typeorm';
import { DatabaseSession, isUniqueViolation, newId } from '../database/index.js';
import { BugleError, notFound } from '../errors.js';
import { ApiKey } from './api-key.entity.js';
import { generateApiKey } from './api-key.js';
import { type NewApiKey, newKeyRow } from './api-key.service.js';
import { Workspace } from './workspace.entity.js';

/** What an admin may set of a workspace. */
export interface WorkspaceSettings {
  name?: string;
  acceptUnknownTypes?: boolean;
  timeZone?: string;
}

/** Notifications on it name a workspace whose settings were edited. */
const CHANNEL = 'workspaces';
const FIRST_KEY: NewApiKey = { name: 'first admin key', scopes: ['admin'] };

/** Creates and edits workspaces. The first one ever made is the home workspace: its admins may make others. */
@Injectable()
export class WorkspaceService {
  private homeId: string | undefined;
  private readonly observers: ((workspaceId: string) => void)[] = [];

  constructor(
    @InjectRepository(Workspace) private readonly workspaces: Repository<Workspace>,
    private readonly session: DatabaseSession,
  ) {}

  /** The home workspace, or null before the first start has made it. */
  async home(): Promise<Workspace | null> {
    const [first] = await this.workspaces.find({ order: { id: 'ASC' }, take: 1 });
    this.homeId = first?.id;
    return first ?? null;
  }

  async isHome(workspaceId: string): Promise<boolean> {
    if (!this.homeId) await this.home();
    return this.homeId === workspaceId;
  }

  /** @throws BugleError 404 */
  async get(id: string): Promise<Workspace> {
    const workspace = await this.workspaces.findOneBy({ id });
    if (!workspace) throw notFound('workspace', id);
    return workspace;
  }

  /** Newest first, one row more than the limit. */
  list(limit: number, before?: string): Promise<Workspace[]> {
    const where = before ? { id: LessThan(before) } : {};
    return this.workspaces.find({ where, order: { id: 'DESC' }, take: limit + 1 });
  }

  /** A workspace and its first admin key, both or neither: nobody could enter one without. @throws BugleError 409 `name_taken` */
  async create(
    settings: WorkspaceSettings & { name: string },
  ): Promise<{ workspace: Workspace; adminKey: string }> {
    const id = newId();
    const adminKey = generateApiKey();
    await this.writing(settings.name, () =>
      this.workspaces.manager.transaction(async (manager) => {
        await manager.insert(Workspace, { id, ...settings });
        await manager.insert(ApiKey, newKeyRow(id, FIRST_KEY, adminKey));
      }),
    );
    return { workspace: await this.get(id), adminKey };
  }

  /** The observer gets the id of each workspace that is edited: at once when this process did it, else with the notice. */
  async onChanged(observer: (workspaceId: string) => void): Promise<void> {
    this.observers.push(observer);
    await this.session.listen(CHANNEL, observer);
  }

  /** @throws BugleError 404, 409 `name_taken` */
  async update(id: string, settings: WorkspaceSettings): Promise<Workspace> {
    await this.writing(settings.name, () => this.workspaces.update({ id }, settings));
    for (const observer of this.observers) observer(id);
    await this.session.notify(this.workspaces, CHANNEL, id);
    return this.get(id);
  }

  private async writing(name: string | undefined, write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isUniqueViolation(error, 'workspaces_name_key')) throw error;
      throw new BugleError(
        409,
        'name_taken',
        `There is already a workspace named ${JSON.stringify(name)}.`,
      );
    }
  }
}

/** Notifications on it name a workspace whose rules were edited. */
export const RULES_CHANNEL = 'rules';
/** Who knows an older version than the newest so many reads all rules anew. */
const KEPT_VERSIONS = 1000;

/** What an edit has changed: an automation, or a webhook and with it all automations that use it. */
export type RuleChange = { automationId: string } | { webhookId: string };

/**
 * Counts the version of the workspace's rules up and notes what has changed: once the transaction has committed, rules
 * that were loaded before are stale. Edits of one workspace wait for each other here, so versions have no gaps.
 */
export async function bumpRules(
  transaction: EntityManager,
  workspaceId: string,
  change: RuleChange,
): Promise<void> {
  const webhookId = 'webhookId' in change ? change.webhookId : null;
  const automationId = 'automationId' in change ? change.automationId : null;
  await transaction.query(BUMP, [workspaceId, webhookId, automationId]);
}

const BUMP = `
  WITH bumped AS (
    UPDATE workspaces SET rules_version = rules_version + 1 WHERE id = $1 RETURNING id, rules_version AS version
  ), forgotten AS (
    DELETE FROM rule_changes USING bumped
    WHERE workspace_id = bumped.id AND rule_changes.version <= bumped.version - ${KEPT_VERSIONS}
  ), noted AS (
    INSERT INTO rule_changes (workspace_id, version, webhook_id, automation_id)
    SELECT id, version, $2::uuid, $3::uuid FROM bumped
  )
  SELECT pg_notify(current_schema() || '_${RULES_CHANNEL}', id::text) FROM bumped`;
