import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BugleError } from '../errors.js';

const LIMIT_MS = 2_000;

/** Whether this process can do its work. */
@Injectable()
export class HealthService implements OnModuleDestroy {
  private isStopping = false;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** @throws BugleError 503 `stopping`, `database_unavailable` */
  async requireReady(): Promise<void> {
    if (this.isStopping) throw new BugleError(503, 'stopping', 'This process is shutting down.');
    const isAnswered = await Promise.race([
      this.dataSource.query('SELECT 1').then(
        () => true,
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LIMIT_MS).unref()),
    ]);
    if (!isAnswered)
      throw new BugleError(503, 'database_unavailable', 'The database does not answer.');
  }
}
