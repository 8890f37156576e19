import { measureThroughput } from './load/throughput.js';
import { type Bench, median, webhook, withSubject } from './measurements.js';
import type { Database } from './postgres.js';
import { CLAIM } from '../src/deliveries/queue/claim.js';

const BACKLOG = 1_000_000;

/** What a table full of due deliveries does to everybody else. */
export interface BacklogComparison {
  due: number;
  /** Events per second of each round. */
  empty: number[];
  full: number[];
  ratio: number;
  /** How PostgreSQL finds what is due. */
  plan: string[];
}

/**
 * Throughput with nothing else in the queue, and with a million deliveries in it that are due and cannot be sent, since their
 * webhook was disabled.
 */
export async function compareBacklog(
  bench: Bench,
  progress: (text: string) => void,
): Promise<BacklogComparison> {
  const empty: number[] = [];
  const full: number[] = [];
  let plan: string[] = [];
  for (let round = 1; round <= bench.plan.rounds; round++) {
    empty.push((await throughput(bench, 0)).eventsPerSecond);
    const measured = await throughput(bench, BACKLOG);
    full.push(measured.eventsPerSecond);
    ({ plan } = measured);
    progress(
      `backlog, round ${round}: empty ${Math.round(empty.at(-1) ?? 0)} events/s, ` +
        `${BACKLOG} due ${Math.round(full.at(-1) ?? 0)}`,
    );
  }
  const ratio = median(full.map((rate, round) => rate / (empty[round] ?? NaN)));
  return { due: BACKLOG, empty, full, ratio, plan };
}

function throughput(bench: Bench, due: number) {
  const setup = { name: 'bugle', scenario: webhook() } as const;
  return withSubject(bench, setup, async (subject, clients) => {
    await measureThroughput(subject, clients, { events: bench.plan.warmUp });
    if (due > 0) await fill(subject.database, due);
    const { eventsPerSecond } = await measureThroughput(subject, clients, {
      events: bench.plan.events,
    });
    return { eventsPerSecond, plan: due > 0 ? await planOf(subject.database) : [] };
  });
}

/** Ids of this moment, so that the rows are in the partition of today. */
const FILL = `
  WITH disabled AS (
    INSERT INTO bugle.webhooks (id, workspace_id, name, url, method, events, headers, masked_headers, secret, enabled, revision)
    SELECT gen_random_uuid(), workspace_id, 'disabled', url, method, '{}', headers, masked_headers, secret, false, 1
    FROM bugle.webhooks LIMIT 1 RETURNING id, workspace_id
  ), waiting AS (
    INSERT INTO bugle.deliveries (id, workspace_id, event_id, event_type, webhook_id, revision, status, body, created_at, updated_at)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
      workspace_id, gen_random_uuid(), 'user.updated', id, 1, 'pending', '{}', now(), now()
    FROM disabled, generate_series(1, $1::integer) AS n RETURNING id, webhook_id
  )
  INSERT INTO bugle.delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger)
  SELECT id, webhook_id, now(), 0, 'automatic' FROM waiting`;

async function fill(database: Database, due: number): Promise<void> {
  await database.query(FILL, [due]);
  // As autovacuum would: what has not changed, the partitions of other days, is left alone.
  const [filled] = await database.query<{ name: string }>(
    'SELECT tableoid::regclass::text AS name FROM bugle.deliveries LIMIT 1',
  );
  await database.query(`VACUUM (ANALYZE) ${filled?.name}, bugle.delivery_queue`);
  await database.query('CHECKPOINT');
}

/** Planned as the server plans it: without the values, and never by reading a whole table. */
async function planOf(database: Database): Promise<string[]> {
  await database.query('SET search_path = bugle');
  for (const scan of ['seqscan', 'hashjoin', 'mergejoin']) {
    await database.query(`SET enable_${scan} = off`);
  }
  const rows = await database.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (GENERIC_PLAN, COSTS OFF) ${CLAIM.text}`,
  );
  return rows.map((row) => row['QUERY PLAN']);
}
