import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { EvaluationService } from '../automations/index.js';
import { poolStateOf, Statements } from '../database/index.js';
import { DeliveryWorkerService } from '../deliveries/index.js';
import { EventLanes } from '../event-bus/index.js';
import { JobQueues, QUEUES } from '../redis/index.js';
import type { ProcessState } from './process-readings.js';

const NO_POOL = { total: 0, idle: 0, waiting: 0 };

/** Looks at what this process holds, and at what waits for all processes in Redis. */
@Injectable()
export class ProcessStateService {
  constructor(
    private readonly worker: DeliveryWorkerService,
    private readonly events: EventLanes,
    private readonly evaluations: EvaluationService,
    private readonly statements: Statements,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly queues: JobQueues,
  ) {}

  read(): ProcessState {
    return {
      lanes: this.worker.load,
      events: this.events.size,
      evaluation: this.evaluations.load,
      pools: {
        statements: this.statements.connections ?? NO_POOL,
        others: poolStateOf(this.dataSource) ?? NO_POOL,
      },
    };
  }

  /** Undefined without REDIS_URL, and while Redis is away. */
  async redisJobs(): Promise<Record<string, number> | undefined> {
    const counts: Record<string, number> = {};
    for (const name of QUEUES) {
      const waiting = await this.queues
        .get(name)
        ?.waiting()
        .catch(() => undefined);
      if (waiting === undefined) return undefined;
      counts[name] = waiting;
    }
    return counts;
  }
}
