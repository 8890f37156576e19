import { channel } from 'node:diagnostics_channel';

/**
 * The points between two steps of the pipeline at which a process may die and nothing may be lost. Each is a channel of
 * node:diagnostics_channel, named here, that anybody may subscribe to; unwatched it costs nothing. The fault tests kill the
 * process there.
 */
const channels = {
  /** Events are stored, not yet announced. */
  eventsStored: channel('bugle:events.stored'),
  /** Deliveries are stored and their events dispatched; nobody has been told yet. */
  deliveriesStored: channel('bugle:deliveries.stored'),
  /** A request is about to be sent. */
  sending: channel('bugle:attempt.sending'),
  /** A request was sent and answered, or given up; nothing is written down yet. */
  sent: channel('bugle:attempt.sent'),
  /** The statement that writes attempts down is on its way. */
  settling: channel('bugle:attempts.settling'),
  /** Attempts are written down; their worker does not know it yet. */
  settled: channel('bugle:attempts.settled'),
};

/** Tells whoever watches that the pipeline has come to this point. */
export function passing(seam: keyof typeof channels): void {
  const watched = channels[seam];
  if (watched.hasSubscribers) watched.publish(seam);
}
