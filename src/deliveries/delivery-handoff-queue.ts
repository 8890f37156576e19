import type { Logger } from 'pino';
import { z } from 'zod';
import { Announcer, JobConsumer, type JobQueue } from '../redis/index.js';
import { DeliveryHandoff, type DueHandler } from './delivery-handoff.js';

const CHUNK = 500;
/** Webhooks that may wait in memory to be announced. */
const MAX_WAITING = 10_000;
/** Chunks that wait in Redis: with more, nobody takes them. */
const MAX_CHUNKS = 100;
/** Under load each store of deliveries has something to say: the others need not hear it more often. Milliseconds. */
const EVERY_MS = 20;

const chunk = z.object({ webhookIds: z.array(z.uuid()).min(1).max(CHUNK) });
type Chunk = z.infer<typeof chunk>;

/** The hand-off to any number of processes: this one looks at once, and one that has room is told. */
export class QueueDeliveryHandoff extends DeliveryHandoff {
  private readonly waiting = new Set<string>();
  private readonly announcer: Announcer<Chunk>;
  private readonly consumer: JobConsumer;

  constructor(queue: JobQueue, logger: Logger) {
    super();
    const of = { name: 'deliveries', queue, logger };
    this.announcer = new Announcer({
      ...of,
      take: () => this.take(),
      maxWaiting: MAX_CHUNKS,
      everyMs: EVERY_MS,
    });
    this.consumer = new JobConsumer({
      ...of,
      handle: (job) => this.handle(job),
      room: () => this.room(),
    });
  }

  announce(webhookIds: readonly string[]): void {
    this.look(webhookIds);
    for (const id of webhookIds) if (this.waiting.size < MAX_WAITING) this.waiting.add(id);
    this.announcer.wake();
  }

  override consume(handler: DueHandler): void {
    super.consume(handler);
    this.consumer.start();
  }

  override async stopConsuming(): Promise<void> {
    await super.stopConsuming();
    await this.consumer.stop();
  }

  async close(): Promise<void> {
    await Promise.all([this.consumer.stop(), this.announcer.close()]);
  }

  private take(): Chunk[] {
    const webhookIds = [...this.waiting].slice(0, CHUNK);
    for (const id of webhookIds) this.waiting.delete(id);
    return webhookIds.length > 0 ? [{ webhookIds }] : [];
  }

  /** What another version of Bugle may have put there is left to the sweep. */
  private handle(job: unknown): Promise<void> {
    this.look(chunk.safeParse(job).data?.webhookIds ?? []);
    return Promise.resolve();
  }
}
