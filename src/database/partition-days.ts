import { firstIdAt } from './ids.js';

/** Milliseconds of a day. */
export const DAY = 86_400_000;

/** The tables that have a partition a day, in the order in which a day is taken out: what the others follow from first. */
export const DATED_TABLES = ['events', 'late_dispatches', 'deliveries', 'attempts'] as const;
export type DatedTable = (typeof DATED_TABLES)[number];

/** The day of a time (milliseconds since 1970), UTC, as in the names of partitions: 20310228. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Its first millisecond. */
export function startOf(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
}

/** The smallest id of the day, and the smallest of the next. */
export function idsOf(day: string): [from: string, to: string] {
  const start = startOf(day);
  return [firstIdAt(start), firstIdAt(start + DAY)];
}

export function partitionOf(table: DatedTable, day: string): string {
  return `${table}_${day}`;
}

/** Waits for nobody who reads or writes the table, and holds nobody up. */
export function attachStatement(table: DatedTable, day: string): string {
  const [from, to] = idsOf(day);
  return `ALTER TABLE ${table} ATTACH PARTITION ${partitionOf(table, day)}
    FOR VALUES FROM ('${from}') TO ('${to}')`;
}
