import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BugleError } from '../errors.js';

const LIMIT_MS = 2_000;

/** Whether this process can do its work. */
@Injectable()
export class HealthService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws BugleError 503 `database_unavailable` */
  async requireReady(): Promise<void> {
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
