import type { Logger } from 'pino';
import { GroupCommit } from '../database/index.js';
import { Announcer, JobConsumer, type JobQueue } from '../redis/index.js';
import type { Coalesced } from './coalesced.js';
import { type EventChunk, readChunk, WaitingIds } from './event-chunk.js';
import { EventHandoff } from './event-handoff.js';
import type { EventHandler, EventLanes } from './event-lanes.js';
import type { StoredEvent } from './event.js';

/** What the hand-off over a queue needs. */
export interface QueueEventHandoffOptions {
  lanes: EventLanes;
  queue: JobQueue;
  /** Those of these events that nobody has dispatched or taken. */
  load: (ids: readonly string[]) => Promise<StoredEvent[]>;
  /** Makes the sweeps of other processes look, for what the queue did not take. */
  nudge: Coalesced;
  logger: Logger;
}

/** Chunks that wait in the queue. With more, the processes that dispatch cannot keep up anyway. */
const MAX_CHUNKS = 1_000;
/** A job costs as much as dispatching several events: under load they travel together. Milliseconds. */
const EVERY_MS = 2;
/** Chunks that are read from the database together, or wait for that. */
const MAX_LOADING = 20;

/**
 * The hand-off to any number of processes. One that dispatches events itself keeps what it can do soon, which spares the
 * way through the queue; another process is asked when it is busy, and always by one that dispatches nothing.
 */
export class QueueEventHandoff extends EventHandoff {
  private readonly waiting = new WaitingIds();
  private readonly announcer: Announcer<EventChunk>;
  private readonly consumer: JobConsumer;
  private readonly lanes: EventLanes;
  /** One at a time: events of a workspace stay in order. */
  private readonly loads = new GroupCommit<readonly string[], void>((chunks) => this.load(chunks), {
    maxItems: MAX_LOADING,
    concurrency: 1,
  });
  private loading = 0;
  private closed = false;

  constructor(private readonly options: QueueEventHandoffOptions) {
    super();
    const { lanes, queue, nudge, logger } = options;
    this.lanes = lanes;
    this.announcer = new Announcer({
      queue,
      take: () => this.waiting.take(),
      maxWaiting: MAX_CHUNKS,
      everyMs: EVERY_MS,
      name: 'events',
      logger,
      onLost: () => nudge.want(),
    });
    this.consumer = new JobConsumer({
      queue,
      handle: (job) => this.handle(job),
      room: () => lanes.room(),
      name: 'events',
      logger,
    });
  }

  announce(events: readonly StoredEvent[]): void {
    if (this.closed) return;
    const mine: StoredEvent[] = [];
    for (const event of events) {
      if (this.isForThisProcess(event)) mine.push(event);
      else this.waiting.add(event);
    }
    this.lanes.add(mine);
    if (mine.length < events.length) this.announcer.wake();
  }

  consume(handler: EventHandler): void {
    this.lanes.consume(handler);
    this.consumer.start();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([this.lanes.close(), this.consumer.stop(), this.announcer.close()]);
    await this.options.nudge.close();
  }

  private isForThisProcess({ workspaceId }: StoredEvent): boolean {
    return this.lanes.isOpen && !(this.announcer.isWorking && this.lanes.isBusy(workspaceId));
  }

  /** A workspace that has its share here does not hold up the others behind it: the sweep finds its events. */
  private async handle(job: unknown): Promise<void> {
    const chunk = readChunk(job);
    if (!chunk || this.lanes.isFull(chunk.workspaceId)) return;
    this.loading += 1;
    const loaded = this.loads.add(chunk.ids).finally(() => (this.loading -= 1));
    // The next one may be taken meanwhile, and loaded together with others; but not any number.
    if (this.loading >= MAX_LOADING) return loaded;
    loaded.catch((error: unknown) => this.options.logger.warn({ err: error }, 'event.load_failed'));
  }

  private async load(chunks: readonly (readonly string[])[]): Promise<void[]> {
    this.lanes.add(await this.options.load(chunks.flat()));
    return chunks.map(() => undefined);
  }
}
