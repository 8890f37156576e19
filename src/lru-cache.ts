interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
}

/** Keeps the values that were used last, up to a size in all; the one that was set last whatever its size. */
export class LruCache<Value> {
  /** Used last, last. */
  readonly #entries = new Map<string, Entry<Value>>();
  #size = 0;

  constructor(
    /** In the unit of `sizeOf`. */
    private readonly maxSize: number,
    /** Asked when a value is set: set one that has grown again. */
    private readonly sizeOf: (value: Value) => number,
  ) {}

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Counts as a use. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    const size = this.sizeOf(value);
    this.#entries.set(key, { value, size });
    this.#size += size;
    this.#makeRoom();
  }

  /** Forgets a value, if there is one. */
  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#size <= this.maxSize || this.#entries.size === 1) return;
      this.delete(key);
    }
  }
}
