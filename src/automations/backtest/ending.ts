/** A promise that is broken from outside. */
class Breakable {
  break: (reason: Error) => void;
  readonly broken = new Promise<never>((_, reject) => (this.break = reject));
}

/** Breaks off what is under way when everything has to end, however long its next step may take. */
export class Ending {
  readonly #underWay = new Set<Breakable>();

  /** Ends all that is under way with this error. */
  end(reason: Error): void {
    for (const each of this.#underWay) each.break(reason);
  }

  /** The steps, one by one. @throws what {@link end} is given */
  async *until<Step>(steps: AsyncGenerator<Step>): AsyncGenerator<Step> {
    const own = new Breakable();
    // Between two steps nobody waits for it: that is no failure that nobody has seen to.
    own.broken.catch(() => undefined);
    this.#underWay.add(own);
    try {
      for (;;) {
        const { value, done } = await Promise.race([own.broken, steps.next()]);
        if (done) return;
        yield value;
      }
    } finally {
      this.#underWay.delete(own);
      // Not awaited: it ends when the step that it is at has ended.
      void steps.return(undefined);
    }
  }
}
