/** Group commit in its smallest form: what arrives while writes are under way shares the next one. */
export class Group<Item> {
  private waiting: { item: Item; done: () => void; failed: (error: unknown) => void }[] = [];
  private running = 0;
  private scheduled = false;

  constructor(
    private readonly write: (items: Item[]) => Promise<unknown>,
    private readonly concurrency: number,
  ) {}

  /** Resolves when the item is durable. */
  add(item: Item): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ item, done, failed });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.running >= this.concurrency || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.run(this.waiting.splice(0, 500));
    });
  }

  private async run(batch: typeof this.waiting): Promise<void> {
    this.running++;
    try {
      await this.write(batch.map(({ item }) => item));
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
    this.running--;
    this.schedule();
  }
}
