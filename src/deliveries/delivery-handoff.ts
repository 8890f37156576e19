/** Looks for due deliveries of these webhooks. */
export type DueHandler = (webhookIds: readonly string[]) => void;

/**
 * Says "look now" to whoever sends deliveries. It carries webhooks, not deliveries: the queue in the database
 * knows what is due for them. It promises nothing: an announcement that got lost is made up for by the sweep.
 */
export abstract class DeliveryHandoff {
  abstract announce(webhookIds: readonly string[]): void;
  /** Names the one handler of this process. */
  abstract consume(handler: DueHandler): void;
}

/** The hand-off within one process. */
export class InProcessDeliveryHandoff extends DeliveryHandoff {
  private handler: DueHandler | undefined;

  announce(webhookIds: readonly string[]): void {
    if (webhookIds.length > 0) this.handler?.(webhookIds);
  }

  consume(handler: DueHandler): void {
    this.handler = handler;
  }
}
