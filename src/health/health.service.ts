import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { EvaluationService, EvaluationUnavailable } from '../automations/index.js';
import { BugleError } from '../errors.js';
import { RedisConnections, type RedisState } from '../redis/index.js';

const LIMIT_MS = 2_000;

/** Whether this process can do its work. */
@Injectable()
export class HealthService {
  private isStarted = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly evaluations: EvaluationService,
    private readonly redis: RedisConnections,
    private readonly http: HttpAdapterHost<FastifyAdapter>,
  ) {}

  /** The start is complete: the first key is there, and every role works. */
  started(): void {
    this.isStarted = true;
  }

  /**
   * Answers how Redis is, if there is one. Without it all work is done, found by the sweeps, so that alone is no reason to
   * send requests elsewhere.
   * @throws BugleError 503 `starting`, `stopping`, `evaluation_unavailable`, `database_unavailable`
   */
  async requireReady(): Promise<RedisState | undefined> {
    if (!this.isStarted) throw new BugleError(503, 'starting', 'This process is still starting.');
    if (this.http.httpAdapter.getInstance().isClosing)
      throw new BugleError(503, 'stopping', 'This process is stopping: send requests elsewhere.');
    if (!this.evaluations.isReady) throw new EvaluationUnavailable();
    const [isWritable, redis] = await Promise.all([this.asksDatabase(), this.redis.state()]);
    if (!isWritable)
      throw new BugleError(
        503,
        'database_unavailable',
        'The database does not answer, or takes no writes.',
      );
    return redis;
  }

  /** False also of a standby, and of one that was told to take no writes: it answers, and refuses every event. */
  private asksDatabase(): Promise<boolean> {
    return Promise.race([
      this.dataSource
        .query<unknown[]>(`SELECT WHERE current_setting('transaction_read_only') = 'off'`)
        .then(
          (rows) => rows.length > 0,
          () => false,
        ),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LIMIT_MS).unref()),
    ]);
  }
}
