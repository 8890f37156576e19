type Step = () => Promise<unknown> | void;

/** What has to be undone when the benchmark ends, in whatever way: the last that was begun is the first. */
export class Cleanup {
  private readonly steps: Step[] = [];

  /** Answers a function that does it early. It is done once, whoever asks first. */
  add(step: Step): () => Promise<unknown> {
    let done: Promise<unknown> | undefined;
    const once = (): Promise<unknown> => (done ??= Promise.resolve(step()));
    this.steps.push(once);
    return once;
  }

  /** A step that fails does not keep the others from being done. */
  async run(onError: (error: unknown) => void): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        onError(error);
      }
    }
  }
}
