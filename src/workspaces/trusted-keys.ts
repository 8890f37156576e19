/** How long a key that was looked up is trusted without asking again, should a revocation's notice get lost. */
export const TRUST_MS = 10_000;
const MAX_TRUSTED = 10_000;

/** Keys that were looked up lately, by their hash. `clear` also forgets what is being looked up at that moment. */
export class TrustedKeys<Key> {
  private readonly trusted = new Map<string, { key: Key; until: number }>();
  private clearings = 0;

  /** `now`: milliseconds since 1970. `lookUp` is asked unless the key is trusted, and may answer null. */
  async find(
    hash: Buffer,
    now: number,
    lookUp: () => Promise<Key | null>,
  ): Promise<Key | undefined> {
    const name = hash.toString('base64');
    const known = this.trusted.get(name);
    if (known && known.until > now) return known.key;
    const { clearings } = this;
    const key = await lookUp();
    if (!key) return undefined;
    // Read before a revocation, perhaps, and answered after it: good for this request, not for the next.
    if (clearings === this.clearings) this.trust(name, { key, until: now + TRUST_MS });
    return key;
  }

  /** The key as it was last looked up, however long ago. */
  lastKnown(hash: Buffer): Key | undefined {
    return this.trusted.get(hash.toString('base64'))?.key;
  }

  clear(): void {
    this.clearings += 1;
    this.trusted.clear();
  }

  private trust(name: string, entry: { key: Key; until: number }): void {
    if (this.trusted.size >= MAX_TRUSTED) this.trusted.clear();
    this.trusted.set(name, entry);
  }
}
