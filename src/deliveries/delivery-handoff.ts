/** Who sends deliveries in this process. */
export interface DueHandler {
  /** Looks for due deliveries of these webhooks. */
  look: (webhookIds: readonly string[]) => void;
  /** Resolves when there is room for more; also when nothing is taken any more. */
  room: () => Promise<void>;
}

/**
 * Says "look now" to whoever sends deliveries. It carries webhooks, not deliveries: the queue in the database
 * knows what is due for them. It promises nothing: an announcement that got lost is made up for by the sweep.
 */
export abstract class DeliveryHandoff {
  private handler: DueHandler | undefined;

  /** There may be more due for these than this process has room for. */
  abstract announce(webhookIds: readonly string[]): void;

  /** Names the one handler of this process. */
  consume(handler: DueHandler): void {
    this.handler = handler;
  }

  /** This process sends nothing any more: what is announced is for others. Its handler's `room` is to resolve then. */
  stopConsuming(): Promise<void> {
    this.handler = undefined;
    return Promise.resolve();
  }

  /** Tells nobody any more. */
  abstract close(): Promise<void>;

  /** Makes this process look, if it sends at all. */
  protected look(webhookIds: readonly string[]): void {
    if (webhookIds.length > 0) this.handler?.look(webhookIds);
  }

  /** Resolves when this process has room for more. */
  protected async room(): Promise<void> {
    await this.handler?.room();
  }
}

/** The hand-off within one process. */
export class InProcessDeliveryHandoff extends DeliveryHandoff {
  announce(webhookIds: readonly string[]): void {
    this.look(webhookIds);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
