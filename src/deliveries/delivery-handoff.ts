/** Looks for due deliveries of these webhooks. */
export type DueHandler = (webhookIds: readonly string[]) => void;

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

  /** Tells nobody any more. */
  abstract close(): Promise<void>;

  /** Makes this process look, if it sends at all. */
  protected look(webhookIds: readonly string[]): void {
    if (webhookIds.length > 0) this.handler?.(webhookIds);
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
