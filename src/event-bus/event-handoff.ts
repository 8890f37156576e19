import type { Logger } from 'pino';
import type { StoredEvent } from './event.js';

/** Works on a chunk of events. When it fails, the events are found again by the sweep. */
export type EventHandler = (events: StoredEvent[]) => Promise<void>;

/**
 * Says "look now" to whoever dispatches events. It promises nothing: an announcement may get lost or come
 * twice, since the outbox has every event until it was dispatched.
 */
export abstract class EventHandoff {
  /** Events that were stored a moment ago. Never blocks the publisher. */
  abstract announce(events: StoredEvent[]): void;
  /** Names the one handler of this process. */
  abstract consume(handler: EventHandler): void;
  /** Whether this event waits here or is being worked on, so that the sweep need not announce it again. */
  abstract holds(eventId: string): boolean;
  /** Takes no more and resolves when what is under way has ended. */
  abstract close(): Promise<void>;
}

/** More than this in memory is not kept: the outbox has it. */
const MAX_WAITING = 5_000;
const CHUNK = 200;
const CONCURRENCY = 2;

/** The hand-off within one process. Chunks grow under load, like a group commit. */
export class InProcessEventHandoff extends EventHandoff {
  private handler: EventHandler | undefined;
  private waiting: StoredEvent[] = [];
  private readonly held = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly logger: Logger) {
    super();
  }

  announce(events: StoredEvent[]): void {
    if (!this.handler || this.closed) return;
    for (const event of events) {
      if (this.held.size >= MAX_WAITING) return;
      if (this.held.has(event.id)) continue;
      this.held.add(event.id);
      this.waiting.push(event);
    }
    this.pump();
  }

  consume(handler: EventHandler): void {
    this.handler = handler;
  }

  holds(eventId: string): boolean {
    return this.held.has(eventId);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiting = [];
    await Promise.all(this.running);
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.running.size < CONCURRENCY && !this.closed) {
      const work = this.work(this.waiting.splice(0, CHUNK));
      this.running.add(work);
      void work.finally(() => {
        this.running.delete(work);
        this.pump();
      });
    }
  }

  private async work(chunk: StoredEvent[]): Promise<void> {
    try {
      await this.handler?.(chunk);
    } catch (error) {
      this.logger.error({ err: error, events: chunk.length }, 'event.dispatch_failed');
    } finally {
      for (const event of chunk) this.held.delete(event.id);
    }
  }
}
