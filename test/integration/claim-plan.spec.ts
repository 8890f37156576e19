import type { QueryRunner } from 'typeorm';
import { newId } from '../../src/database/index.js';
import { CLAIM } from '../../src/deliveries/queue/claim.js';
import { DUE_WEBHOOKS } from '../../src/deliveries/queue/delivery-queue.repository.js';
import { useQueue } from './queue.fixture.js';
import { storeWebhook } from './storage.fixture.js';

const { storage } = useQueue();

const DUE = 30_000;
const SLOTS = 16;

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
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
async function crowded({ keys = 0 }: { keys?: number } = {}): Promise<string> {
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
    [webhookId, DUE, keys],
  );
  return webhookId;
}

const claimOf = (webhookId: string) => [[webhookId], [SLOTS], 1, 60_000, 10, ['']];

beforeAll(async () => {
  for (const keys of [0, 0, 1, 1000]) webhooks.push(await crowded({ keys }));
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
