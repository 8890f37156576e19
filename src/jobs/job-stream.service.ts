import { Injectable } from '@nestjs/common';
import {
  distinctUntilChanged,
  exhaustMap,
  filter,
  type Observable,
  Subject,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import { ApiKeyService, type Principal } from '../workspaces/index.js';
import type { Job } from './job.js';
import { JobRepository } from './job.repository.js';

/** How often a job is read while somebody watches it. */
const LOOK_EVERY_MS = 1_000;
/** What has not changed is shown again: proxies close a quiet stream. */
const SHOW_AGAIN_MS = 15_000;

/** A job, live. It is read again and again: a look-up by key, and only while somebody watches. */
@Injectable()
export class JobStreamService {
  private readonly closing = new Subject<void>();

  constructor(
    private readonly jobs: JobRepository,
    private readonly keys: ApiKeyService,
  ) {}

  /** Ends every stream: the web server waits for its requests before it closes. */
  end(): void {
    this.closing.next();
  }

  /** The job now, and after each change until it has ended. Ends soon after the caller's key has. */
  watch(caller: Principal, id: string): Observable<Job> {
    return timer(0, LOOK_EVERY_MS).pipe(
      exhaustMap(() => this.look(caller, id)),
      takeWhile((look) => look !== 'gone'),
      filter((look) => look !== 'unknown'),
      distinctUntilChanged((a, b) => a === b, momentOf),
      takeWhile(({ status }) => status === 'running', true),
      takeUntil(this.closing),
    );
  }

  private async look({ workspaceId, keyId }: Principal, id: string) {
    try {
      const isAllowed = await this.keys.isActive(keyId);
      return (isAllowed && (await this.jobs.get(workspaceId, id))) || ('gone' as const);
    } catch {
      // While the database is away, nobody knows better: the stream goes on.
      return 'unknown' as const;
    }
  }
}

function momentOf({ updatedAt }: Job): string {
  return `${updatedAt.getTime()} ${Math.floor(performance.now() / SHOW_AGAIN_MS)}`;
}
