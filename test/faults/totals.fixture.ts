import type { Scene } from './scene.fixture.js';

/** One line for people: what was done to a scene, and what has become of everything. */
export async function totalsOf({ name, inflicted, cast }: Scene): Promise<string> {
  const { postgres, producer, receiver } = cast;
  const rows = await postgres.query<{ status: string; n: number }>(
    'SELECT status, count(*)::int AS n FROM deliveries GROUP BY 1',
  );
  const count = new Map(rows.map(({ status, n }) => [status, n]));
  const stored = await postgres.query<{ id: string }>('SELECT id FROM events');
  const known = new Set(stored.map(({ id }) => id));
  const lost = [...producer.accepted.keys()].filter((id) => !known.has(id)).length;
  const totals = {
    faults: inflicted.length,
    published: producer.accepted.size,
    repeated: producer.repeated,
    unavailable: producer.unavailable,
    broken: producer.broken,
    'slowest answer': `${producer.slowestMs} ms`,
    delivered: count.get('delivered') ?? 0,
    exhausted: count.get('exhausted') ?? 0,
    lost,
    duplicates: receiver.surplus,
  };
  const told = Object.entries(totals).map(([what, value]) => `${what} ${value}`);
  return `${name}: ${told.join(', ')}`;
}
