import { fittingCount } from '../fitting-count.js';
import { isDataError, isSilence } from './violations.js';

/** One item that waits for its batch, with the promise of whoever handed it in. */
interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** How large and how parallel the batches may be. */
export interface GroupCommitOptions {
  /** Items in one write, at most. */
  maxItems: number;
  /** How large all items of one write may be together, as `sizeOf` counts; a larger item is written alone. */
  maxSize?: number;
  /** Writes under way at once; more items arriving meanwhile wait and share the next one. */
  concurrency: number;
}

/**
 * Group commit: items that arrive while a write is under way share the next one. Alone, an item is written at
 * once; under load, batches grow by themselves, so nobody tunes a delay. An item's promise settles only when its write has.
 */
export class GroupCommit<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running = 0;
  private scheduled = false;
  private idle: (() => void)[] = [];

  constructor(
    /** Writes a batch, all or nothing, and answers one result per item, in order. */
    private readonly write: (items: Item[]) => Promise<Result[]>,
    private readonly options: GroupCommitOptions,
    /** The size of an item, in whatever `maxSize` counts. */
    private readonly sizeOf: (item: Item) => number = () => 0,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Resolves when nothing waits and nothing is being written. */
  async drained(): Promise<void> {
    if (this.running === 0 && this.waiting.length === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Starts after the current turn of the event loop, so that items handed in together travel together. */
  private schedule(): void {
    if (this.scheduled || this.running >= this.options.concurrency) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.start();
    });
  }

  private start(): void {
    while (this.waiting.length > 0 && this.running < this.options.concurrency) {
      const batch = this.waiting.splice(0, this.fitting());
      this.running++;
      void this.run(batch);
    }
  }

  private fitting(): number {
    const { maxItems: items, maxSize: size } = this.options;
    return fittingCount(this.waiting, { items, size }, ({ item }) => this.sizeOf(item));
  }

  private async run(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.write(batch.map((waiting) => waiting.item));
      results.forEach((result, index) => batch[index]?.resolve(result));
    } catch (error) {
      await this.fail(batch, error);
    } finally {
      this.running--;
      this.finish();
    }
  }

  /** One item that the database refuses must not fail its neighbours: they are written one by one. */
  private async fail(batch: Waiting<Item, Result>[], error: unknown): Promise<void> {
    // What waits would wait as long for the same: nobody is kept waiting for longer than one write may take.
    if (isSilence(error)) batch.push(...this.waiting.splice(0));
    if (batch.length === 1 || !isDataError(error)) {
      for (const waiting of batch) waiting.reject(error);
      return;
    }
    for (const waiting of batch) {
      await this.write([waiting.item]).then(
        (results) => results.forEach(waiting.resolve),
        waiting.reject,
      );
    }
  }

  private finish(): void {
    if (this.waiting.length > 0) this.schedule();
    else if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
  }
}
