import { Injectable } from '@nestjs/common';
import { exhaustMap, filter, finalize, interval, type Observable, share, take } from 'rxjs';
import { ApiKeyService } from './api-key.service.js';

/** How long a stream outlives its key at most. */
const LOOK_EVERY_MS = 2_000;

/** Tells streams of the end of their key. However many one key has opened, it is looked at once for all. */
@Injectable()
export class KeyWatchService {
  private readonly ends = new Map<string, Observable<boolean>>();

  constructor(private readonly keys: ApiKeyService) {}

  /** Emits once, soon after the key was revoked or has expired. */
  endOf(keyId: string): Observable<boolean> {
    const known = this.ends.get(keyId);
    if (known) return known;
    const end = interval(LOOK_EVERY_MS).pipe(
      // While the database is away, nobody knows better: the streams go on.
      exhaustMap(() => this.keys.isActive(keyId).catch(() => true)),
      filter((isActive) => !isActive),
      take(1),
      finalize(() => this.ends.delete(keyId)),
      share(),
    );
    this.ends.set(keyId, end);
    return end;
  }
}
