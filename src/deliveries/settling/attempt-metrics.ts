import { timeOfId } from '../../database/index.js';
import { attemptLabels, type Metrics } from '../../metrics/index.js';
import type { Settlement } from '../delivery.js';

/** Counts an attempt that was settled. A delivery's id carries the time at which its event was accepted. */
export function countAttempt(metrics: Metrics, settlement: Settlement): void {
  const { deliveryId, number, status, startedAt, durationMs } = settlement;
  metrics.attempts.inc(attemptLabels(settlement));
  metrics.settled.inc({ status });
  metrics.attemptDuration.observe(durationMs / 1000);
  const lagMs = Math.max(0, Date.parse(startedAt) - timeOfId(deliveryId));
  if (number === 1) metrics.firstSendLag.observe(lagMs / 1000);
  if (status === 'delivered') metrics.deliveredLag.observe((lagMs + durationMs) / 1000);
}
