import type { EntityManager } from 'typeorm';
import { eventOf } from '../../src/event-bus/index.js';
import {
  type Connection,
  createDataSource,
  DatabaseSession,
  newId,
  Statements,
} from '../../src/database/index.js';
import { entities } from '../../src/entities.js';
import { RuleBookService } from '../../src/automations/rules/rule-book.service.js';
import { RuleRepository, type RuleChanges } from '../../src/automations/rules/rule.repository.js';
import type { JsonObject } from '../../src/json.js';
import { createLogger } from '../../src/logger.js';
import { bumpRules, type RuleChange } from '../../src/workspaces/index.js';
import { createTestDatabase } from '../support/database.js';

const SCHEMA = 'bugle';

/** The rules on a database of the spec file's own, with no server around them. */
export async function openRules() {
  const { connection, drop } = await createTestDatabase();
  const dataSource = createDataSource({ connection, schema: SCHEMA, poolSize: 4, entities });
  await dataSource.initialize();
  const processes: RuleProcess[] = [];
  /** A process that has read nothing yet. */
  const newProcess = async (): Promise<RuleProcess> => {
    const made = await RuleProcess.start(connection, dataSource);
    processes.push(made);
    return made;
  };
  const close = async (): Promise<void> => {
    for (const process of processes) await process.stop();
    await dataSource.destroy();
    await drop();
  };
  return { dataSource, newProcess, close };
}

export type Rules = Awaited<ReturnType<typeof openRules>>;

/** Notes how rules were read. */
class WatchedRepository extends RuleRepository {
  readonly reads: string[] = [];

  override all(workspaceId: string) {
    this.reads.push('all');
    return super.all(workspaceId);
  }

  override changed(workspaceId: string, changes: RuleChanges) {
    this.reads.push(`changed ${changes.automationIds.length + changes.webhookIds.length}`);
    return super.changed(workspaceId, changes);
  }
}

/** The rules as one process sees them. */
export class RuleProcess {
  private stopped = false;

  private constructor(
    readonly book: RuleBookService,
    private readonly repository: WatchedRepository,
    private readonly statements: Statements,
    private readonly session: DatabaseSession,
  ) {}

  static async start(
    connection: Connection,
    dataSource: ConstructorParameters<typeof RuleRepository>[0],
  ): Promise<RuleProcess> {
    const { logger } = createLogger('silent');
    const statements = new Statements(connection, SCHEMA);
    const session = new DatabaseSession(connection, SCHEMA, logger);
    await session.open();
    const repository = new WatchedRepository(dataSource, statements);
    const book = new RuleBookService(repository, session, logger);
    await book.onModuleInit();
    return new RuleProcess(book, repository, statements, session);
  }

  /** How rules were read since the last look: `all`, or `changed` with the number of edits. */
  reads(): string[] {
    return this.repository.reads.splice(0);
  }

  /** The rules that an event may match, by name; undefined where there is no such workspace. */
  async candidates(workspaceId: string, data: JsonObject = {}): Promise<string[] | undefined> {
    const rules = await this.book.load(workspaceId);
    const event = eventOf(
      workspaceId,
      { type: 'user.created', data },
      { id: newId(), createdAt: new Date().toISOString() },
    );
    return rules
      ?.matching(event)
      .map(({ automation, webhook, revision }) => `${(automation ?? webhook).name} ${revision}`);
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.book.onModuleDestroy();
    await this.session.close();
    await this.statements.close();
  }
}

/** A workspace, and edits of it as the services make them. */
export class EditedWorkspace {
  readonly id = newId();

  private constructor(private readonly rules: Rules) {}

  static async create(rules: Rules): Promise<EditedWorkspace> {
    const workspace = new EditedWorkspace(rules);
    await rules.dataSource.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [
      workspace.id,
      workspace.id,
    ]);
    return workspace;
  }

  async addWebhook(name: string, events: string[] = []): Promise<string> {
    const webhookId = newId();
    await this.edit({ webhookId }, (manager) =>
      manager.query(
        `INSERT INTO webhooks
          (id, workspace_id, name, url, method, events, headers, masked_headers, secret, enabled, revision)
         VALUES ($1, $2, $3, 'http://127.0.0.1', 'POST', $4, '{}', '{}', '', true, 1)`,
        [webhookId, this.id, name, events],
      ),
    );
    return webhookId;
  }

  async addAutomation(webhookId: string, name: string, condition?: JsonObject): Promise<string> {
    const automationId = newId();
    await this.edit({ automationId }, (manager) =>
      manager.query(
        `INSERT INTO automations
          (id, workspace_id, name, triggers, condition, webhook_id, priority, enabled, revision)
         VALUES ($1, $2, $3, '{user.created}', $4, $5, 0, true, 1)`,
        [automationId, this.id, name, condition && JSON.stringify(condition), webhookId],
      ),
    );
    return automationId;
  }

  /** Sets columns: `enabled = false`. */
  set(change: RuleChange, columns: string): Promise<void> {
    const [table, id] = placeOf(change);
    return this.edit(change, (manager) =>
      manager.query(`UPDATE ${table} SET revision = revision + 1, ${columns} WHERE id = $1`, [id]),
    );
  }

  remove(change: RuleChange): Promise<void> {
    const [table, id] = placeOf(change);
    return this.edit(change, (manager) =>
      manager.query(`DELETE FROM ${table} WHERE id = $1`, [id]),
    );
  }

  private edit(
    change: RuleChange,
    write: (manager: EntityManager) => Promise<unknown>,
  ): Promise<void> {
    return this.rules.dataSource.transaction(async (manager) => {
      await write(manager);
      await bumpRules(manager, this.id, change);
    });
  }
}

function placeOf(change: RuleChange): [table: string, id: string] {
  return 'webhookId' in change
    ? ['webhooks', change.webhookId]
    : ['automations', change.automationId];
}
