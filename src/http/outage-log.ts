import type { Logger } from 'pino';
import { FailureLog } from '../database/index.js';

/** So long after the last refused request, the outage is over, or nobody asks any more. */
const QUIET_MS = 60_000;
const NAMES = { failed: 'http.database_away', restored: 'http.no_longer_refused' };

/** Tells of requests that are refused because the database is away: of ever fewer of them, and once when there was none for a minute. */
export class OutageLog {
  private readonly log: FailureLog;
  /** One for an outage. Requests that are answered as they should be do not come by here. */
  private quiet: NodeJS.Timeout | undefined;

  constructor(logger: Pick<Logger, 'error' | 'info'>) {
    this.log = new FailureLog(logger, NAMES);
  }

  /** `where`: what was asked for. */
  refused(error: unknown, where: { method: string; path: string | undefined }): void {
    this.log.failed(error, where);
    this.quiet ??= setTimeout(() => this.over(), QUIET_MS).unref();
    this.quiet.refresh();
  }

  private over(): void {
    this.quiet = undefined;
    this.log.worked();
  }
}
