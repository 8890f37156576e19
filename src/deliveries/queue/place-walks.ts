import type { QueuePlace } from './queue-upkeep.repository.js';

/** A webhook that wants its deliveries in order. */
export interface OrderedWebhook {
  id: string;
  revision: number;
}

/** Does a page of the queue of a webhook. Answers where the next one begins; undefined after the last. */
type Page = (webhookId: string, after?: QueuePlace) => Promise<QueuePlace | undefined>;

/** How far one is. */
interface Walk {
  begun: number;
  /** Undefined at the beginning. */
  after?: QueuePlace;
}

type Walks = ReadonlyMap<string, Walk>;

/** What is known of an ordered webhook. All times in milliseconds, as the clock gives them. */
interface Known {
  revision: number;
  seenAt: number;
  /** Until then processes that have not heard of it yet may queue something without a place. */
  settlesAt: number;
  /** When it is to be gone through; never again: Infinity. */
  nextAt: number;
}

/** For so long after a webhook became ordered, or was changed, latecomers are looked for. */
const LATECOMERS_MS = 60_000;
const AGAIN_MS = 10_000;
/** One for which nothing has been due for so long is forgotten, and gone through anew when there is. */
const FORGET_MS = 3_600_000;

/**
 * Goes through the queues of ordered webhooks, for what has no place in the order: after each change of a webhook, for a
 * while. All at once, a page of each in turn, so that nobody waits for another's million; to be stopped between two pages.
 */
export class PlaceWalks {
  private readonly known = new Map<string, Known>();
  private isStopped = false;

  constructor(
    private readonly page: Page,
    /** Never set, such as performance.now(). */
    private readonly clock: () => number,
  ) {}

  /**
   * Resolves when all that is to be gone through has been, or when it was stopped. Who becomes ordered meanwhile takes part
   * from the next page on.
   */
  async walk(ordered: () => readonly OrderedWebhook[]): Promise<void> {
    let open = this.joined(new Map(), ordered());
    while (open.size > 0 && !this.isStopped) {
      open = this.joined(await this.nextPages(open), ordered());
    }
  }

  stop(): void {
    this.isStopped = true;
  }

  private joined(open: Walks, ordered: readonly OrderedWebhook[]): Walks {
    const begun = this.clock();
    const due = this.dueOf(ordered, begun).filter(({ id }) => !open.has(id));
    return new Map([...open, ...due.map(({ id }) => [id, { begun }] as const)]);
  }

  private async nextPages(open: Walks): Promise<Walks> {
    const rest = new Map<string, Walk>();
    for (const [webhookId, { begun, after }] of open) {
      if (this.isStopped) return new Map();
      const next = await this.page(webhookId, after);
      if (next) rest.set(webhookId, { begun, after: next });
      else this.walked(webhookId, begun);
    }
    return rest;
  }

  private dueOf(ordered: readonly OrderedWebhook[], now: number): OrderedWebhook[] {
    for (const [id, { seenAt }] of this.known) if (now - seenAt > FORGET_MS) this.known.delete(id);
    return ordered.filter((webhook) => this.see(webhook, now).nextAt <= now);
  }

  private see({ id, revision }: OrderedWebhook, now: number): Known {
    const before = this.known.get(id);
    const isSame = before?.revision === revision;
    const known = isSame
      ? { ...before, seenAt: now }
      : { revision, seenAt: now, settlesAt: now + LATECOMERS_MS, nextAt: now };
    this.known.set(id, known);
    return known;
  }

  private walked(webhookId: string, begun: number): void {
    const known = this.known.get(webhookId);
    if (known) known.nextAt = begun < known.settlesAt ? begun + AGAIN_MS : Infinity;
  }
}
