import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-locks.js';

/**
 * Whose event it is that waits in the outbox: ordered deliveries of one workspace wait for events of its own only
 * (docs/adr/0018). Processes of the older version publish and dispatch meanwhile, so nothing here keeps the table for
 * longer than a moment; each step can be taken again after a run that broke off.
 */
export class OutboxWorkspaces1763940000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(
      runner,
      'ALTER TABLE event_outbox ADD COLUMN IF NOT EXISTS workspace_id uuid',
    );
    await fill(runner);
    // What a broken run has left of it is not valid, and would be kept.
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS event_outbox_workspace');
    // A second index costs an event 2 µs. The two columns as the one key would cost 4, and the sweep its order.
    await runner.query(
      'CREATE INDEX CONCURRENTLY event_outbox_workspace ON event_outbox (workspace_id, event_id)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE event_outbox DROP workspace_id');
  }
}

/** Small enough for whoever wants one of its rows not to notice. */
const PAGE = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Never waits for a row: who holds it may wait for another one of the page. */
const FILL_PAGE = `
  WITH page AS (
    SELECT event_id FROM event_outbox WHERE workspace_id IS NULL AND event_id > $1 AND event_id <= $2
    ORDER BY event_id LIMIT ${PAGE} FOR UPDATE SKIP LOCKED
  ), filled AS (
    UPDATE event_outbox o SET workspace_id = e.workspace_id
    FROM page JOIN events e ON e.id = page.event_id WHERE o.event_id = page.event_id
    RETURNING o.event_id
  )
  SELECT (SELECT event_id FROM page ORDER BY event_id DESC LIMIT 1) AS last,
    (SELECT count(*)::integer FROM filled) AS filled`;

/**
 * Fills in what has waited since before the column. Rows that somebody held are looked at again; no ordered delivery
 * waits for those that stay null, nor for what a process of the older version adds from now on.
 */
async function fill(runner: QueryRunner): Promise<void> {
  const newest = 'SELECT event_id AS id FROM event_outbox ORDER BY event_id DESC LIMIT 1';
  const [last] = await query<{ id: string }>(runner, newest);
  if (!last) return;
  while ((await fillOnce(runner, last.id)) > 0);
}

/** Goes through the outbox to this event once, and answers how many rows were filled. */
async function fillOnce(runner: QueryRunner, to: string): Promise<number> {
  let total = 0;
  for (let after: string | null = FIRST; after !== null;) {
    const [page]: Page[] = await query<Page>(runner, FILL_PAGE, [after, to]);
    total += page?.filled ?? 0;
    after = page?.last ?? null;
  }
  return total;
}

interface Page {
  /** Null when nothing was left. */
  last: string | null;
  filled: number;
}

const query = <Row extends object>(runner: QueryRunner, text: string, values: unknown[] = []) =>
  runner.manager.query<Row[]>(text, values);
