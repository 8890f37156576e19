import { eventOf } from '../../src/event-bus/index.js';
import { newId } from '../../src/database/index.js';
import { until } from '../support/until.js';
import { EditedWorkspace, openRules, type RuleProcess, type Rules } from './rules.fixture.js';

let rules: Rules;
let process: RuleProcess;
let workspace: EditedWorkspace;

beforeAll(async () => {
  rules = await openRules();
});
afterAll(() => rules.close());
beforeEach(async () => {
  process = await rules.newProcess();
  workspace = await EditedWorkspace.create(rules);
});
afterEach(() => process.stop());

const isSergeant = { '==': [{ var: 'data.rank' }, 'SGT'] };
const HOUR_AGO = `now() - interval '1 hour'`;
const OLD = `created_at = now() - interval '1 day'`;
const candidates = (data = {}) => process.candidates(workspace.id, data);

describe('the rules of a workspace', () => {
  it('are those of enabled webhooks and of enabled automations on them, in running order', async () => {
    const webhookId = await workspace.addWebhook('plain', ['user.*']);
    const off = await workspace.addWebhook('off', ['user.*']);
    await workspace.set({ webhookId: off }, 'enabled = false');
    await workspace.addAutomation(off, 'on a webhook that is off');
    await workspace.addAutomation(webhookId, 'second');
    const first = await workspace.addAutomation(webhookId, 'first');
    await workspace.set({ automationId: first }, 'priority = -1');
    const disabled = await workspace.addAutomation(webhookId, 'disabled');
    await workspace.set({ automationId: disabled }, 'enabled = false');
    expect(await candidates()).toEqual(['first 2', 'plain 1', 'second 1']);
  });

  it('come with the workspace, and without those that cannot match', async () => {
    await rules.dataSource.query(
      `UPDATE workspaces SET time_zone = 'Europe/Warsaw' WHERE id = $1`,
      [workspace.id],
    );
    const webhookId = await workspace.addWebhook('webhook');
    await workspace.addAutomation(webhookId, 'sergeants', isSergeant);
    expect(await candidates({ rank: 'CPL' })).toEqual([]);
    expect(await candidates({ rank: 'SGT' })).toEqual(['sergeants 1']);
    const loaded = await process.book.load(workspace.id);
    expect(loaded?.workspace).toEqual({
      id: workspace.id,
      name: workspace.id,
      timeZone: 'Europe/Warsaw',
    });
  });

  it('are gone with it, and so are the notes of its edits', async () => {
    await workspace.addWebhook('plain', ['user.*']);
    expect(await candidates()).toEqual(['plain 1']);
    await rules.dataSource.query('DELETE FROM workspaces WHERE id = $1', [workspace.id]);
    expect(await candidates()).toBeUndefined();
    expect(await changesOf(workspace)).toEqual([]);
  });

  it('are all read, page by page, however many', async () => {
    const webhookId = await workspace.addWebhook('webhook');
    await rules.dataSource.query(
      `INSERT INTO automations (id, workspace_id, name, triggers, webhook_id, priority, enabled, revision)
       SELECT gen_random_uuid(), $1, 'automation ' || n, '{user.created}', $2, 0, true, 1 FROM generate_series(1, 1200) n`,
      [workspace.id, webhookId],
    );
    expect(await candidates()).toHaveLength(1200);
    await workspace.set({ webhookId }, `method = 'GET'`);
    expect(await candidates()).toHaveLength(1200);
    expect(process.reads()).toEqual(['all', 'changed 1']);
    await workspace.set({ webhookId }, 'enabled = false');
    expect(await candidates()).toEqual([]);
  });
});

describe('after an edit', () => {
  let webhookId: string;
  let automationId: string;

  beforeEach(async () => {
    webhookId = await workspace.addWebhook('webhook', ['user.created']);
    automationId = await workspace.addAutomation(webhookId, 'automation', isSergeant);
    await candidates();
    process.reads();
  });

  it('the new form is known', async () => {
    await workspace.set({ automationId }, `name = 'renamed', condition = NULL`);
    expect(await rulesForSergeant()).toEqual(['webhook 1', 'renamed 2']);
    expect(await candidates({ rank: 'CPL' })).toEqual(['webhook 1', 'renamed 2']);
  });

  it('a further automation is known', async () => {
    await workspace.addAutomation(webhookId, 'another');
    expect(await rulesForSergeant()).toEqual(['webhook 1', 'automation 1', 'another 1']);
  });

  it('one that was disabled or deleted is gone, and comes back', async () => {
    await workspace.set({ automationId }, 'enabled = false');
    expect(await rulesForSergeant()).toEqual(['webhook 1']);
    await workspace.set({ automationId }, 'enabled = true');
    expect(await rulesForSergeant()).toEqual(['webhook 1', 'automation 3']);
    await workspace.remove({ automationId });
    expect(await rulesForSergeant()).toEqual(['webhook 1']);
  });

  it('a webhook takes its automations with it, and brings them back', async () => {
    await workspace.set({ webhookId }, 'enabled = false');
    expect(await rulesForSergeant()).toEqual([]);
    await workspace.set({ webhookId }, `enabled = true, events = '{}'`);
    expect(await rulesForSergeant()).toEqual(['automation 1']);
  });

  it('a webhook keeps what was accepted before it was disabled, whatever is edited then', async () => {
    const disabled = await workspace.addWebhook('draft', ['user.created']);
    await workspace.set({ webhookId: disabled }, 'enabled = false, disabled_at = created_at');
    await workspace.set({ webhookId }, `enabled = false, disabled_at = ${HOUR_AGO}, ${OLD}`);
    await workspace.set({ webhookId }, `name = 'renamed', updated_at = now()`);
    expect(await candidatesOf(90)).toEqual(['renamed', 'automation']);
    expect(await candidatesOf(30)).toEqual([]);
    expect(process.reads()).not.toContain('all');
    await workspace.set({ webhookId }, 'enabled = true');
    expect(await candidatesOf(30)).toEqual(['renamed', 'automation']);
  });

  it('a webhook keeps what was accepted before a process of an older version disabled it', async () => {
    // Such a process does not say when.
    await workspace.set({ webhookId }, `enabled = false, updated_at = ${HOUR_AGO}, ${OLD}`);
    expect(await candidatesOf(90)).toEqual(['webhook', 'automation']);
    expect(await candidatesOf(30)).toEqual([]);
  });

  it('an automation that was moved to another webhook lives and dies with that', async () => {
    const other = await workspace.addWebhook('other');
    await workspace.set({ automationId }, `webhook_id = '${other}'`);
    await workspace.set({ webhookId }, 'enabled = false');
    expect(await rulesForSergeant()).toEqual(['automation 2']);
    await workspace.set({ webhookId: other }, 'enabled = false');
    expect(await rulesForSergeant()).toEqual([]);
  });

  it('many edits are read together', async () => {
    // Not to be read one by one as the notices come.
    await process.book.onModuleDestroy();
    for (let revision = 2; revision <= 20; revision++) {
      await workspace.set({ automationId }, `name = 'edit ${revision}'`);
    }
    expect(await candidates({ rank: 'SGT' })).toEqual(['webhook 1', 'edit 20 20']);
    expect(process.reads()).toEqual(['changed 19']);
  });

  it('all is read anew when the notes of the edits are kept no more', async () => {
    await process.book.onModuleDestroy();
    await workspace.set({ automationId }, `name = 'first'`);
    await workspace.set({ automationId }, `name = 'second'`);
    await rules.dataSource.query(
      `DELETE FROM rule_changes WHERE workspace_id = $1
       AND version < (SELECT rules_version FROM workspaces WHERE id = $1)`,
      [workspace.id],
    );
    expect(await candidates({ rank: 'SGT' })).toEqual(['webhook 1', 'second 3']);
    expect(process.reads()).toEqual(['all']);
  });

  it('all is read anew when the newest edit left no note', async () => {
    await process.book.onModuleDestroy();
    await rules.dataSource.query(`UPDATE automations SET name = 'by hand' WHERE id = $1`, [
      automationId,
    ]);
    await rules.dataSource.query(
      'UPDATE workspaces SET rules_version = rules_version + 1 WHERE id = $1',
      [workspace.id],
    );
    expect(await candidates({ rank: 'SGT' })).toEqual(['webhook 1', 'by hand 1']);
    expect(process.reads()).toEqual(['all']);
  });

  it('a process that knows the workspace reads the edit without being asked', async () => {
    await workspace.set({ automationId }, `name = 'noticed'`);
    await until('it is read', () => process.reads().includes('changed 1'));
    expect(await rulesForSergeant()).toEqual(['webhook 1', 'noticed 2']);
  });

  it('whoever looks at the same moment shares one read', async () => {
    await process.book.onModuleDestroy();
    await workspace.set({ automationId }, `name = 'shared'`);
    const all = await Promise.all(Array.from({ length: 5 }, () => candidates({ rank: 'SGT' })));
    expect(new Set(all.map(String))).toEqual(new Set(['webhook 1,shared 2']));
    expect(process.reads()).toEqual(['changed 1']);
  });
});

it('keeps the notes of the newest 1,000 versions', async () => {
  const webhookId = await workspace.addWebhook('webhook');
  await rules.dataSource.query('UPDATE workspaces SET rules_version = 2000 WHERE id = $1', [
    workspace.id,
  ]);
  await rules.dataSource.query(
    `INSERT INTO rule_changes SELECT $1, version, $2 FROM generate_series(990, 2000) version`,
    [workspace.id, webhookId],
  );
  await workspace.set({ webhookId }, `name = 'newest'`);
  const versions = await changesOf(workspace);
  expect(versions).toHaveLength(1000);
  expect([versions[0], versions.at(-1)]).toEqual([1002, 2001]);
});

/** @throws Error when more was read than the edits, or when a process without a past sees other rules. */
async function rulesForSergeant(): Promise<string[] | undefined> {
  const known = await process.candidates(workspace.id, { rank: 'SGT' });
  if (process.reads().includes('all')) throw new Error('All rules were read.');
  const fresh = await rules.newProcess();
  const anew = await fresh.candidates(workspace.id, { rank: 'SGT' });
  await fresh.stop();
  if (String(anew) !== String(known))
    throw new Error(`Anew: ${anew?.join()}. Known: ${known?.join()}.`);
  return known;
}

/** The rules that an event may match that was accepted so many minutes ago. */
async function candidatesOf(minutes: number): Promise<string[] | undefined> {
  const createdAt = new Date(Date.now() - minutes * 60_000).toISOString();
  const input = { type: 'user.created', data: { rank: 'SGT' } };
  const event = eventOf(workspace.id, input, { id: newId(), createdAt });
  const loaded = await process.book.load(workspace.id);
  return loaded?.matching(event).map(({ automation, webhook }) => (automation ?? webhook).name);
}

/** The versions of which is known what they changed. */
async function changesOf({ id }: EditedWorkspace): Promise<number[]> {
  const rows = await rules.dataSource.query<{ version: number }[]>(
    'SELECT version::int FROM rule_changes WHERE workspace_id = $1 ORDER BY version',
    [id],
  );
  return rows.map(({ version }) => version);
}
