/** Keeps what was used last, up to a number of bytes in all; the newest item whatever its size. */
export class Shelf<Item> {
  /** Used last, last. */
  readonly #items = new Map<string, Item>();

  constructor(
    private readonly maxBytes: number,
    /** Asked when room is needed: items may grow. */
    private readonly bytesOf: (item: Item) => number,
  ) {}

  has(id: string): boolean {
    return this.#items.has(id);
  }

  /** Counts as a use. */
  get(id: string): Item | undefined {
    const item = this.#items.get(id);
    if (item !== undefined) this.#putLast(id, item);
    return item;
  }

  put(id: string, item: Item): void {
    this.#putLast(id, item);
    this.#makeRoom();
  }

  #putLast(id: string, item: Item): void {
    this.#items.delete(id);
    this.#items.set(id, item);
  }

  #makeRoom(): void {
    let bytes = 0;
    for (const item of this.#items.values()) bytes += this.bytesOf(item);
    for (const [id, item] of this.#items) {
      if (bytes <= this.maxBytes || this.#items.size === 1) return;
      this.#items.delete(id);
      bytes -= this.bytesOf(item);
    }
  }
}
