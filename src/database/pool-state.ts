import type { DataSource } from 'typeorm';
import { z } from 'zod';

/** The connections of one pool. */
export interface PoolState {
  total: number;
  idle: number;
  /** Statements that wait for one. */
  waiting: number;
}

const pgPool = z.object({
  totalCount: z.number(),
  idleCount: z.number(),
  waitingCount: z.number(),
});

/** Of a pool of pg. Undefined for anything else. */
export function stateOfPool(pool: unknown): PoolState | undefined {
  const { data } = pgPool.safeParse(pool);
  return data && { total: data.totalCount, idle: data.idleCount, waiting: data.waitingCount };
}

/** Of TypeORM's pool, to which it gives no typed way. */
export function poolStateOf(dataSource: DataSource): PoolState | undefined {
  return stateOfPool(Reflect.get(dataSource.driver, 'master'));
}
