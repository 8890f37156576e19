import type { Seen } from '../support/faulty-receiver.js';
import { type Scene, SCHEDULE } from './scene.fixture.js';
import { totalsOf } from './totals.fixture.js';

/** What the database says of one delivery. */
interface Row {
  id: string;
  eventId: string;
  status: string;
  /** Rows of the log. */
  attempts: number;
}

/** Of each kind of breach, this many are told. */
const TOLD = 3;

/** Lets a scene come to its end, prints its totals, and answers what was promised and is not so: nothing, mostly. */
export async function verdictOf(scene: Scene): Promise<string[]> {
  const left = await scene.settle();
  const breaches = left ? [left] : await breachesIn(scene);
  process.stderr.write(`${await totalsOf(scene)}\n`);
  const exits = await scene.cast.fleet.stop();
  const unclean = exits.filter((exit) => exit && exit.code !== 0);
  breaches.push(...unclean.map((exit) => `SIGTERM ended with ${JSON.stringify(exit)}`));
  return breaches.length > 0 ? [`after ${scene.inflicted.join(', ')}`, ...breaches] : [];
}

async function breachesIn(scene: Scene): Promise<string[]> {
  const { postgres, receiver, producer, fleet } = scene.cast;
  const rows = await postgres.query<Row>(
    `SELECT d.id, d.event_id AS "eventId", d.status,
       (SELECT count(*)::int FROM attempts WHERE delivery_id = d.id) AS attempts
     FROM deliveries d`,
  );
  return [
    ...(await lostEvents(scene, rows)),
    ...unsettled(rows),
    ...undelivered(rows, receiver.seen),
    ...unlogged(rows, receiver.seen),
    ...(await storedTwice(scene)),
    ...sentTwice(scene),
    ...producer.complaints,
    ...fleet.crashes.map((crash) => `a process ended by itself: ${crash}`),
  ];
}

function sentTwice({ cast, allowed }: Scene): string[] {
  const { surplus } = cast.receiver;
  if (surplus <= allowed) return [];
  return [`${surplus} requests came twice, and ${allowed} were held at the faults`];
}

/** Events that were answered 202 and are not there, or have not made their deliveries. */
async function lostEvents(scene: Scene, rows: readonly Row[]): Promise<string[]> {
  const stored = await scene.cast.postgres.query<{ id: string }>('SELECT id FROM events');
  const known = new Set(stored.map(({ id }) => id));
  const made = new Map<string, number>();
  for (const { eventId } of rows) made.set(eventId, (made.get(eventId) ?? 0) + 1);
  const accepted = [...scene.cast.producer.accepted.values()];
  const gone = accepted.filter(({ id }) => !known.has(id));
  const short = accepted.filter(({ id, tenant }) => made.get(id) !== tenant.webhooks);
  return [
    ...told(gone, 'events were answered 202 and are lost', ({ id }) => id),
    ...told(
      short,
      'events have not made all their deliveries',
      ({ id, tenant }) => `${id}: ${made.get(id) ?? 0} of ${tenant.webhooks}`,
    ),
  ];
}

/** Delivered, or given up where the schedule says so: nothing else is an end. */
function unsettled(rows: readonly Row[]): string[] {
  const isByPolicy = ({ status, attempts }: Row) =>
    status === 'delivered' || (status === 'exhausted' && attempts > SCHEDULE.length);
  return told(
    rows.filter((row) => !isByPolicy(row)),
    'deliveries are neither delivered nor exhausted by policy',
    ({ id, status, attempts }) => `${id}: ${status} after ${attempts} attempts`,
  );
}

function undelivered(rows: readonly Row[], seen: ReadonlyMap<string, Seen>): string[] {
  const claimed = rows.filter(
    ({ id, status }) => status === 'delivered' && !seen.get(id)?.isAnswered,
  );
  return told(claimed, 'deliveries count as delivered and have not arrived', ({ id }) => id);
}

/** A request that the log does not know of. */
function unlogged(rows: readonly Row[], seen: ReadonlyMap<string, Seen>): string[] {
  const logged = new Map(rows.map(({ id, attempts }) => [id, attempts]));
  return told(
    [...seen].filter(([id, { requests }]) => (logged.get(id) ?? 0) < requests),
    'deliveries have fewer attempts in the log than requests at the receiver',
    ([id, { requests }]) => `${id}: ${logged.get(id) ?? 0} of ${requests}`,
  );
}

async function storedTwice(scene: Scene): Promise<string[]> {
  const twice = await scene.cast.postgres.query<{ sourceId: string; n: number }>(
    `SELECT source_id AS "sourceId", count(*)::int AS n FROM events WHERE source_id IS NOT NULL
     GROUP BY workspace_id, source_id HAVING count(*) > 1`,
  );
  return told(
    twice,
    'ids were stored more than once',
    ({ sourceId, n }) => `${sourceId}: ${n} times`,
  );
}

function told<Item>(found: readonly Item[], what: string, name: (item: Item) => string): string[] {
  if (found.length === 0) return [];
  return [`${found.length} ${what}: ${found.slice(0, TOLD).map(name).join(', ')}`];
}
