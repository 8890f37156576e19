import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { JsonObject } from '../json.js';
import { addCounts, type Job, type JobError, type PageEnd, type RunningJob } from './job.js';

/** What a new job is made of. */
export type NewJob = Pick<Job, 'id' | 'workspaceId' | 'kind' | 'input' | 'createdBy'>;

/** A job that a worker has taken, for one page. */
export interface TakenJob extends RunningJob<JsonObject> {
  kind: string;
  /** Until when it was taken, as the database writes it: who holds another one has it no more. */
  lease: string;
}

/** Between the lock and the commit lie two quick statements: whoever is silent for longer in between is gone, or stands still. */
const MAX_SILENCE_MS = 2_000;

/** One at a time: the second sees whose turn the first has taken. Who stands still in between is cut off. */
const TAKE_TURN = `
  SELECT set_config('idle_in_transaction_session_timeout', '${MAX_SILENCE_MS}', true),
    pg_try_advisory_xact_lock(hashtext('bugle jobs of ' || current_schema())) AS taken`;

/** Small enough to hold no lock for long. */
const FORGET_AT_ONCE = 1_000;

const COLUMNS = `id, workspace_id AS "workspaceId", kind, input, status, progress, error, created_by AS "createdBy",
  created_at AS "createdAt", updated_at AS "updatedAt", ended_at AS "endedAt"`;

const IS_FREE = '(taken_until IS NULL OR taken_until <= now())';

/**
 * Workspaces that were not served yet come first, then the one whose turn is the longest ago; of its jobs the one that
 * waits longest. While one of its pages is done, a workspace waits: many jobs get no more than one does.
 */
const TAKE = `
  WITH running AS (SELECT * FROM jobs WHERE status = 'running'), turn AS (
    SELECT workspace_id FROM running GROUP BY workspace_id HAVING bool_and ${IS_FREE}
  ), next AS (
    SELECT j.id FROM jobs j JOIN turn USING (workspace_id)
    WHERE j.status = 'running' AND j.kind = ANY ($1) AND ${IS_FREE}
    ORDER BY array_position($3::uuid[], j.workspace_id) NULLS FIRST, j.updated_at, j.id
    LIMIT 1 FOR UPDATE OF j SKIP LOCKED
  )
  UPDATE jobs SET taken_until = now() + $2 * interval '1 millisecond' FROM next WHERE jobs.id = next.id
  RETURNING jobs.id, workspace_id AS "workspaceId", kind, input, cursor, progress,
    taken_until::text AS lease`;

/** A job, unless it was cancelled or taken over meanwhile. */
const IS_MINE = `id = $1 AND taken_until = $2::timestamptz AND status = 'running'`;

/** The table of jobs. */
@Injectable()
export class JobRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Stores a job, unless the same is running, or `most` are. Answers the running one, or undefined when there are too many. */
  make(job: NewJob, most: number): Promise<Job | undefined> {
    const { id, workspaceId, kind, createdBy } = job;
    const input = JSON.stringify(job.input);
    return this.dataSource.transaction(async (manager) => {
      // One at a time: of two that ask for the same, the second finds what the first has made.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtext('bugle jobs'), hashtext($1))`, [
        workspaceId,
      ]);
      const running = await manager.query<(Job & { isSame: boolean })[]>(
        `SELECT ${COLUMNS}, kind = $2 AND input::text = $3 AS "isSame" FROM jobs
         WHERE workspace_id = $1 AND status = 'running'`,
        [workspaceId, kind, input],
      );
      const same = running.find(({ isSame }) => isSame);
      if (same || running.length >= most) return same;
      const [made] = await manager.query<Job[]>(
        `INSERT INTO jobs (id, workspace_id, kind, input, status, progress, created_by)
         VALUES ($1, $2, $3, $4, 'running', '{}', $5) RETURNING ${COLUMNS}`,
        [id, workspaceId, kind, input, createdBy],
      );
      return made;
    });
  }

  async get(workspaceId: string, id: string): Promise<Job | undefined> {
    const [job] = await this.dataSource.query<Job[]>(
      `SELECT ${COLUMNS} FROM jobs WHERE id = $1 AND workspace_id = $2`,
      [id, workspaceId],
    );
    return job;
  }

  /** Newest first, one row more than the limit. */
  list(workspaceId: string, limit: number, before?: string): Promise<Job[]> {
    return this.dataSource.query(
      `SELECT ${COLUMNS} FROM jobs WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [workspaceId, before ?? null, limit + 1],
    );
  }

  /** Ends a running job before its next page. */
  async cancel(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE jobs SET status = 'cancelled', ended_at = now(), updated_at = now(), taken_until = NULL
       WHERE id = $1 AND status = 'running'`,
      [id],
    );
  }

  /**
   * Takes a job of one of these kinds for a page; undefined when none waits, and `busy` while somebody else takes one.
   * @param served workspaces in the order of their last turns
   */
  async take(
    kinds: readonly string[],
    { leaseMs, served }: { leaseMs: number; served: Iterable<string> },
  ): Promise<TakenJob | 'busy' | undefined> {
    const values = [kinds, leaseMs, [...served]];
    return this.dataSource.transaction(async (manager) => {
      const [turn] = await manager.query<{ taken: boolean }[]>(TAKE_TURN);
      if (!turn?.taken) return 'busy';
      const [[job]] = await manager.query<[TakenJob[], number]>(TAKE, values);
      return job;
    });
  }

  /** Writes a page and its end together. False, with nothing written, when the job is not the taker's any more. */
  storePage(
    { id, lease, progress }: TakenJob,
    work: (manager: EntityManager) => Promise<PageEnd>,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const lock = `SELECT id FROM jobs WHERE ${IS_MINE} FOR UPDATE`;
      if ((await manager.query<unknown[]>(lock, [id, lease])).length === 0) return false;
      const { cursor, counts, isLast } = await work(manager);
      await manager.query(
        `UPDATE jobs SET cursor = $2, progress = $3, updated_at = clock_timestamp(), taken_until = NULL,
           status = CASE WHEN $4 THEN 'done' ELSE 'running' END, ended_at = CASE WHEN $4 THEN clock_timestamp() END
         WHERE id = $1`,
        [id, cursor, JSON.stringify(addCounts(progress, counts)), isLast],
      );
      return true;
    });
  }

  /** Gives a job back at the place where its page began; `notBefore` milliseconds from now it may be taken again. */
  async giveBack({ id, lease }: TakenJob, notBefore: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE jobs SET taken_until = now() + $3 * interval '1 millisecond', updated_at = now() WHERE ${IS_MINE}`,
      [id, lease, notBefore],
    );
  }

  async fail({ id, lease }: TakenJob, error: JobError): Promise<void> {
    await this.dataSource.query(
      `UPDATE jobs SET status = 'failed', error = $3, ended_at = now(), updated_at = now(), taken_until = NULL
       WHERE ${IS_MINE}`,
      [id, lease, JSON.stringify(error)],
    );
  }

  /** Forgets jobs that ended longer ago than this. Answers whether there may be more. */
  async forget(olderThanDays: number): Promise<boolean> {
    const [, count] = await this.dataSource.query<[unknown, number]>(
      `DELETE FROM jobs WHERE id IN (
         SELECT id FROM jobs WHERE ended_at < now() - $1 * interval '1 day' LIMIT $2)`,
      [olderThanDays, FORGET_AT_ONCE],
    );
    return count === FORGET_AT_ONCE;
  }
}
