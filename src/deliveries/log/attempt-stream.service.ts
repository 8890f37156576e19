import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import {
  filter,
  finalize,
  interval,
  map,
  merge,
  Observable,
  ReplaySubject,
  Subject,
  takeUntil,
} from 'rxjs';
import { DatabaseSession } from '../../database/index.js';
import { LOGGER } from '../../logger.js';
import { KeyWatchService, type Principal } from '../../workspaces/index.js';
import {
  type AttemptsNotice,
  attemptsNotice,
  ATTEMPTS_CHANNEL,
} from '../settling/settlement.repository.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import type { LoggedAttempt, LoggedDelivery } from './logged-delivery.js';

/** An attempt with its delivery, as the live log shows it. */
export type StreamedAttempt = LoggedAttempt & Omit<LoggedDelivery, 'id'>;

/** Keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;

/**
 * The log, live: every process hears of every attempt (LISTEN/NOTIFY), and reads it only when somebody in that
 * workspace is watching here.
 */
@Injectable()
export class AttemptStreamService implements OnModuleInit {
  private readonly attempts = new Subject<StreamedAttempt>();
  /** Told also to streams that are opened while the server closes. */
  private readonly closing = new ReplaySubject<void>(1);
  private readonly watchers = new Map<string, number>();

  constructor(
    private readonly log: DeliveryLogRepository,
    private readonly keys: KeyWatchService,
    private readonly session: DatabaseSession,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.session.listen(ATTEMPTS_CHANNEL, (payload) => {
      this.read(attemptsNotice.parse(JSON.parse(payload))).catch((error: unknown) =>
        this.logger.error({ err: error }, 'delivery.stream_failed'),
      );
    });
  }

  /** Ends every stream: the web server waits for its requests before it closes. */
  end(): void {
    this.closing.next();
  }

  /** Attempts of the caller's workspace from now on, and `null` as a heartbeat. Ends soon after the caller's key has. */
  watch({ workspaceId, keyId }: Principal): Observable<StreamedAttempt | null> {
    this.count(workspaceId, 1);
    const mine = this.attempts.pipe(filter((attempt) => attempt.workspaceId === workspaceId));
    return merge(mine, interval(HEARTBEAT_MS).pipe(map(() => null))).pipe(
      takeUntil(merge(this.closing, this.keys.endOf(keyId))),
      finalize(() => this.count(workspaceId, -1)),
    );
  }

  private async read({ workspaceId, attempts }: AttemptsNotice): Promise<void> {
    if (!this.watchers.has(workspaceId)) return;
    const names = attempts.map((name) => {
      const [deliveryId = '', number] = name.split('/');
      return { deliveryId, number: Number(number) };
    });
    for (const attempt of await this.log.attemptsWithDeliveries(names)) this.attempts.next(attempt);
  }

  private count(workspaceId: string, change: 1 | -1): void {
    const watching = (this.watchers.get(workspaceId) ?? 0) + change;
    if (watching > 0) this.watchers.set(workspaceId, watching);
    else this.watchers.delete(workspaceId);
  }
}
