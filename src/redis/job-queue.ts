/** A queue in Redis, without whatever keeps it there. What comes out of it is to be checked: other versions share it. */
export interface JobQueue {
  /** @throws Error when it was not put there, or nobody knows. */
  add(job: object): Promise<void>;
  /** Jobs that nobody has taken. */
  waiting(): Promise<number>;
  /** The next job; undefined when there was none for a while. It is taken for good: nobody else gets it. */
  next(): Promise<unknown>;
  /** Ends a `next` that waits, and every later one. */
  stopTaking(): void;
}
