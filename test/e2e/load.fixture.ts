import type { Client } from '../support/client.js';
import type { ReceivedRequest } from '../support/receiver.js';

/** A publication that was answered 202. */
export interface Accepted {
  id: string;
  duplicate: boolean;
  /** Its Idempotency-Key. */
  key: string;
}

const CLIENTS = 64;
const EACH_NTH_TWICE = 9;
/** How fetch says that a connection was refused or lost. Its errors are of another realm: no `instanceof`. */
const connectionFailed = /^TypeError: (fetch failed|terminated)$/;

/** Keys of `count` events, a ninth of them twice in a row: of 900 events, 1000 publications. */
export function keysOf(count: number): string[] {
  const keys = Array.from({ length: count }, (_, index) => `key ${index}`);
  return keys.flatMap((key, index) => (index % EACH_NTH_TWICE === 0 ? [key, key] : [key]));
}

/** Many clients that publish at the same time, each its next event as soon as the last one was answered. */
export class Load {
  readonly accepted: Accepted[] = [];
  /** Resolves when all is published, or the server has gone. */
  readonly ended: Promise<unknown>;
  private readonly waiting: string[];

  constructor(
    private readonly api: Client,
    keys: readonly string[],
  ) {
    this.waiting = keys.toReversed();
    this.ended = Promise.all(Array.from({ length: CLIENTS }, () => this.publishOn()));
  }

  /** Ids of the events that were answered 202, each once. */
  get eventIds(): Set<string> {
    return new Set(this.accepted.map(({ id }) => id));
  }

  private async publishOn(): Promise<void> {
    for (let key = this.waiting.pop(); key; key = this.waiting.pop()) {
      if (!(await this.publish(key))) return;
    }
  }

  /** False when the server is not there any more, or says that it stops. */
  private async publish(key: string): Promise<boolean> {
    const publication = { type: 'user.created', data: { key } };
    const headers = { 'idempotency-key': key };
    try {
      const { status, body } = await this.api.post<Accepted>('/v1/events', publication, headers);
      if (status === 503) return false;
      if (status !== 202) throw new Error(`${status}: ${JSON.stringify(body)}`);
      this.accepted.push({ ...body, key });
      return true;
    } catch (error) {
      if (connectionFailed.test(String(error))) return false;
      throw error;
    }
  }
}

/** How often each delivery has arrived. */
export function countById(requests: readonly ReceivedRequest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { headers } of requests) {
    const id = headers['webhook-id'] ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** The event of a default payload. */
export function eventIdOf({ body }: ReceivedRequest): string {
  return (JSON.parse(body) as { trace_id: string }).trace_id;
}
