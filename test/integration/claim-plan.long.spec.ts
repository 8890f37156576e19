import type { QueryRunner } from 'typeorm';
import { newId } from '../../src/database/index.js';
import { CLAIM } from '../../src/deliveries/queue/claim.js';
import { DUE_WEBHOOKS } from '../../src/deliveries/queue/queue-upkeep.repository.js';
import { KeyCursors } from '../../src/deliveries/queue/key-cursors.js';
import { ME, useQueue } from './queue.fixture.js';
import { storeWebhook } from './storage.fixture.js';

const { storage } = useQueue();

const DUE = 30_000;
const SLOTS = 16;
const MANY_KEYS = 100_000;

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Loops': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** What a statement did, planned as the pipeline's own statements are (src/database/statements.ts). */
async function explained(text: string, values: unknown[]): Promise<Plan> {
  const runner = storage().dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    return await explain(runner, text, values);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

async function explain(runner: QueryRunner, text: string, values: unknown[]): Promise<Plan> {
  for (const method of ['seqscan', 'hashjoin', 'mergejoin']) {
    await runner.query(`SET LOCAL enable_${method} = off`);
  }
  const [row] = (await runner.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values)) as {
    'QUERY PLAN': { Plan: Plan }[];
  }[];
  const plan = row?.['QUERY PLAN'][0]?.Plan;
  if (!plan) throw new Error('there is no plan');
  return plan;
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

const scansOfQueue = (plan: Plan): string[] =>
  nodesOf(plan)
    .filter(
      (node) => node['Relation Name'] === 'delivery_queue' && node['Node Type'].endsWith('Scan'),
    )
    .map((node) => node['Node Type']);

const pagesOf = (plan: Plan): number => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];

/** A webhook with many due deliveries; by so many keys if it is ordered. */
async function crowded({ due = DUE, keys = 0 } = {}): Promise<string> {
  const { webhookId } = await storeWebhook(storage());
  await storage().dataSource.query('UPDATE webhooks SET ordered = $2 WHERE id = $1', [
    webhookId,
    keys > 0,
  ]);
  await storage().dataSource.query(
    `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, order_key, order_by)
     SELECT gen_random_uuid(), $1, now() - n * interval '1 millisecond', 0, 'automatic',
       CASE WHEN $3 > 0 THEN 'key ' || n % $3 END, CASE WHEN $3 > 0 THEN gen_random_uuid() END
     FROM generate_series(1, $2::integer) AS n`,
    [webhookId, due, keys],
  );
  return webhookId;
}

/** An ordered webhook with very many keys: all of them wait for their first one's next attempt, save one in the middle. */
async function waiting(): Promise<string> {
  const { webhookId } = await storeWebhook(storage());
  await storage().dataSource.query('UPDATE webhooks SET ordered = true WHERE id = $1', [webhookId]);
  await storage().dataSource.query(
    `INSERT INTO delivery_queue (delivery_id, webhook_id, due_at, attempt, trigger, order_key, order_by)
     SELECT gen_random_uuid(), $1, now() + CASE WHEN n = $2 / 2 THEN -1 ELSE n END * interval '1 hour', 1, 'automatic',
       'key ' || n, gen_random_uuid()
     FROM generate_series(1, $2::integer) AS n`,
    [webhookId, MANY_KEYS],
  );
  return webhookId;
}

const claimOf = (webhookId: string) => [[webhookId], [SLOTS], 1, 60_000, 10, ['']];

beforeAll(async () => {
  for (const keys of [0, 0, 1, 1000]) webhooks.push(await crowded({ keys }));
  webhooks.push(await waiting());
  await storage().dataSource.query('ANALYZE delivery_queue');
}, 120_000);
const webhooks: string[] = [];

it('claiming reads the index and as many rows as it takes, however many are due', async () => {
  const plan = await explained(CLAIM.text, claimOf(webhooks[0] ?? newId()));
  expect(new Set(scansOfQueue(plan))).toEqual(new Set(['Index Scan']));
  expect(pagesOf(plan)).toBeLessThan(800);
});

it.each([
  ['one key', 2],
  ['a thousand keys', 3],
])('so does claiming in order, with %s', async (_, index) => {
  const plan = await explained(CLAIM.text, claimOf(webhooks[index] ?? newId()));
  expect(new Set(scansOfQueue(plan))).toEqual(new Set(['Index Scan']));
  expect(pagesOf(plan)).toBeLessThan(800);
});

it('looking for webhooks with something due goes from webhook to webhook', async () => {
  const plan = await explained(DUE_WEBHOOKS.text, []);
  expect(scansOfQueue(plan).every((scan) => scan.startsWith('Index'))).toBe(true);
  expect(pagesOf(plan)).toBeLessThan(200);
});

it('of very many keys that wait one claim looks at some hundred', async () => {
  const plan = await explained(CLAIM.text, claimOf(webhooks[4] ?? newId()));
  expect(new Set(scansOfQueue(plan))).toEqual(new Set(['Index Scan']));
  expect(Math.max(...nodesOf(plan).map((node) => node['Actual Loops']))).toBeLessThanOrEqual(500);
  expect(pagesOf(plan)).toBeLessThan(5_000);
});

it('of very many ordered webhooks as well', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, () => crowded({ due: 100, keys: 100 })));
  await storage().dataSource.query(
    `UPDATE delivery_queue SET due_at = now() + interval '1 hour' WHERE webhook_id = ANY ($1)`,
    [ids],
  );
  const keys = ids.map(() => '');
  const slots = ids.map(() => SLOTS);
  const plan = await explained(CLAIM.text, [ids, slots, 1, 60_000, 10, keys]);
  expect(pagesOf(plan)).toBeLessThan(5_000);
});

it('and one claim after the other comes to the last of them', async () => {
  const webhookId = webhooks[4] ?? newId();
  const wanted = new Map([[webhookId, SLOTS]]);
  const cursors = new KeyCursors();
  const walked: string[] = [];
  for (let isOver = false; !isOver;) {
    const options = { probeFrom: 10, fromKeys: cursors.all };
    const claim = await storage().queue.claim(wanted, ME, options);
    walked.push(...claim.walkedTo.values());
    const { now, later } = cursors.move(wanted, claim);
    cursors.resume(later);
    isOver = now.length + later.length === 0;
  }
  expect(walked.length).toBeGreaterThanOrEqual(MANY_KEYS / 500);
  expect(walked.length).toBeLessThan((MANY_KEYS / 500) * 1.1);
  const left = await storage().dataSource.query<{ key: string }[]>(
    `SELECT order_key AS key FROM delivery_queue WHERE webhook_id = $1 AND holder = $2`,
    [webhookId, ME.holder],
  );
  expect(left).toEqual([{ key: `key ${MANY_KEYS / 2}` }]);
}, 60_000);
