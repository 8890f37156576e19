import type { Coalesced } from './coalesced.js';
import type { StoredEvent } from './event.js';
import type { EventHandler, EventLanes } from './event-lanes.js';

/**
 * Says "look now" to whoever dispatches events. It promises nothing: an announcement may get lost or come
 * twice, since the outbox has every event until it was dispatched.
 */
export abstract class EventHandoff {
  /** Events that were stored a moment ago. Never blocks the publisher. */
  abstract announce(events: readonly StoredEvent[]): void;
  /** Names the one handler of this process. */
  abstract consume(handler: EventHandler): void;
  /** Takes no more and resolves when what is under way has ended. */
  abstract close(): Promise<void>;
}

/** The hand-off within one process. One that dispatches nothing makes the sweeps of others look at once. */
export class InProcessEventHandoff extends EventHandoff {
  constructor(
    private readonly lanes: EventLanes,
    private readonly nudge: Coalesced,
  ) {
    super();
  }

  announce(events: readonly StoredEvent[]): void {
    if (this.lanes.isOpen) this.lanes.add(events);
    else this.nudge.want();
  }

  consume(handler: EventHandler): void {
    this.lanes.consume(handler);
  }

  async close(): Promise<void> {
    await this.lanes.close();
    await this.nudge.close();
  }
}
