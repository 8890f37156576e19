import type { DataSource } from 'typeorm';
import { createDataSource, newId } from '../../src/database/index.js';
import { Revisions1763820000000 } from '../../src/database/migrations/1763820000000-revisions.js';
import { migrations } from '../../src/database/migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let dataSource: DataSource;
const [workspaceId, webhookId, automationId, keyId] = [newId(), newId(), newId(), newId()];

beforeAll(async () => {
  database = await createTestDatabase();
  const { connection } = database;
  dataSource = createDataSource({ connection, schema: 'bugle', poolSize: 2 });
  await dataSource.initialize();
  await undo();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Back to the time before revisions outlived what they are of. */
async function undo(): Promise<void> {
  for (const _ of migrations.slice(migrations.indexOf(Revisions1763820000000)))
    await dataSource.undoLastMigration();
}

const revisionsOf = (table: string) =>
  dataSource.query<object[]>(`SELECT * FROM ${table} WHERE workspace_id = $1 ORDER BY revision`, [
    workspaceId,
  ]);

it('gives webhooks their present state as history, and takes none from automations', async () => {
  await dataSource.query("INSERT INTO workspaces (id, name) VALUES ($1, 'w')", [workspaceId]);
  await dataSource.query(
    `INSERT INTO webhooks (id, workspace_id, name, url, method, events, headers, masked_headers, secret, enabled, revision, created_at)
     VALUES ($1, $2, 'CRM', 'http://127.0.0.1', 'POST', '{user.*}', '{}', '{}', '', true, 7, '2026-01-01Z')`,
    [webhookId, workspaceId],
  );
  await dataSource.query(
    `INSERT INTO automations (id, workspace_id, name, triggers, webhook_id, priority, enabled, revision)
     VALUES ($1, $2, 'a', '{}', $3, 0, true, 1)`,
    [automationId, workspaceId, webhookId],
  );
  await dataSource.query(
    `INSERT INTO automation_revisions (automation_id, revision, workspace_id, definition, edited_by)
     VALUES ($1, 1, $2, '{}', $3)`,
    [automationId, workspaceId, keyId],
  );
  await dataSource.runMigrations();
  const definition = { name: 'CRM', method: 'POST', events: ['user.*'], enabled: true };
  expect(await revisionsOf('webhook_revisions')).toMatchObject([
    { revision: 7, definition, edited_by: null, edited_at: new Date('2026-01-01Z') },
  ]);
  expect(await revisionsOf('automation_revisions')).toMatchObject([
    { revision: 1, edited_by: keyId, reason: null },
  ]);
});

it('is undone with what only it can hold', async () => {
  await dataSource.query(
    `INSERT INTO automation_revisions (automation_id, revision, workspace_id, definition) VALUES ($1, 2, $2, NULL)`,
    [automationId, workspaceId],
  );
  await dataSource.query('DELETE FROM automations WHERE id = $1', [automationId]);
  expect(await revisionsOf('automation_revisions')).toHaveLength(2);
  await undo();
  expect(await revisionsOf('automation_revisions')).toEqual([]);
  await dataSource.runMigrations();
});
