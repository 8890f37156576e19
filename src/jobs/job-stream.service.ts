import { Injectable } from '@nestjs/common';
import {
  distinctUntilChanged,
  exhaustMap,
  filter,
  finalize,
  merge,
  ReplaySubject,
  shareReplay,
  takeUntil,
  takeWhile,
  timer,
  type Observable,
} from 'rxjs';
import { KeyWatchService, type Principal } from '../workspaces/index.js';
import type { Job } from './job.js';
import { JobRepository } from './job.repository.js';

/** How often a job is read while somebody watches it. */
const LOOK_EVERY_MS = 1_000;
/** What has not changed is shown again: proxies close a quiet stream. */
const SHOW_AGAIN_MS = 15_000;

type Look = Job | 'gone' | 'unknown';

/** A job, live. It is read again and again: a look-up by key, only while somebody watches, and once for all who do. */
@Injectable()
export class JobStreamService {
  /** Told also to streams that are opened while the server closes. */
  private readonly closing = new ReplaySubject<void>(1);
  private readonly looks = new Map<string, Observable<Look>>();

  constructor(
    private readonly jobs: JobRepository,
    private readonly keys: KeyWatchService,
  ) {}

  /** Ends every stream: the web server waits for its requests before it closes. */
  end(): void {
    this.closing.next();
  }

  /** The job now, and after each change until it has ended. Ends soon after the caller's key has. */
  watch({ workspaceId, keyId }: Principal, id: string): Observable<Job> {
    return this.looksAt(workspaceId, id).pipe(
      takeWhile((look) => look !== 'gone'),
      filter((look) => look !== 'unknown'),
      distinctUntilChanged((a, b) => a === b, momentOf),
      takeWhile(({ status }) => status === 'running', true),
      takeUntil(merge(this.closing, this.keys.endOf(keyId))),
    );
  }

  private looksAt(workspaceId: string, id: string): Observable<Look> {
    const name = `${workspaceId} ${id}`;
    const known = this.looks.get(name);
    if (known) return known;
    const looks = timer(0, LOOK_EVERY_MS).pipe(
      exhaustMap(() => this.look(workspaceId, id)),
      finalize(() => this.looks.delete(name)),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    this.looks.set(name, looks);
    return looks;
  }

  private look(workspaceId: string, id: string): Promise<Look> {
    // While the database is away, nobody knows better: the stream goes on.
    return this.jobs.get(workspaceId, id).then(
      (job) => job ?? 'gone',
      () => 'unknown' as const,
    );
  }
}

function momentOf({ updatedAt }: Job): string {
  return `${updatedAt.getTime()} ${Math.floor(performance.now() / SHOW_AGAIN_MS)}`;
}
