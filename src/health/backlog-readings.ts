import { timeOfId } from '../database/index.js';
import type { Reading } from '../metrics/index.js';
import { type Backlog, COUNTED } from './backlog.js';

const UP_TO = `Counted up to ${COUNTED}.`;

/** What is read from the database: the same in every process, so take the maximum over processes and not the sum. */
export const backlogReadings: readonly Reading<Backlog>[] = [
  {
    name: 'bugle_outbox_events',
    help: `Events that are stored and not dispatched. ${UP_TO}`,
    read: ({ outbox }) => outbox,
  },
  {
    name: 'bugle_outbox_oldest_seconds',
    help: 'Age of the oldest event that is not dispatched; 0 without any.',
    read: ({ oldestEvent, now }) =>
      oldestEvent ? Math.max(0, now - timeOfId(oldestEvent)) / 1000 : 0,
  },
  {
    name: 'bugle_queue_deliveries',
    help: `Deliveries that are not settled, those whose retry is hours away included. ${UP_TO}`,
    read: ({ queued }) => queued,
  },
  {
    name: 'bugle_leased_deliveries',
    help: `Deliveries under the lease of a worker. ${UP_TO}`,
    read: ({ leased }) => leased,
  },
  {
    name: 'bugle_due_deliveries',
    help: `Deliveries whose time has come, of webhooks that are ready, held or disabled. ${UP_TO}`,
    label: 'webhook',
    read: ({ dueReady, dueHeld, dueDisabled }) => ({
      ready: dueReady,
      held: dueHeld,
      disabled: dueDisabled,
    }),
  },
  {
    name: 'bugle_due_oldest_seconds',
    help: 'For how long the first of them has been due; 0 without any.',
    label: 'webhook',
    read: ({ oldestReady, oldestHeld, oldestDisabled }) => ({
      ready: oldestReady,
      held: oldestHeld,
      disabled: oldestDisabled,
    }),
  },
  {
    name: 'bugle_webhooks_held',
    help: 'Webhooks that are held because they fail or throttle, and those that are tried again after that (probing).',
    label: 'reason',
    read: ({ webhooksFailing, webhooksThrottled, webhooksProbing }) => ({
      failing: webhooksFailing,
      throttled: webhooksThrottled,
      probing: webhooksProbing,
    }),
  },
  {
    name: 'bugle_jobs_running',
    help: 'Jobs of admins that are running or wait for a worker.',
    read: ({ jobs }) => jobs,
  },
  {
    name: 'bugle_partition_days',
    help: 'Days that have partitions, those made ahead included.',
    read: ({ days }) => days.all,
  },
  {
    name: 'bugle_retention_overdue_days',
    help: 'Days older than BUGLE_RETENTION_DAYS that are still there: something of them waits, or dropping them fails.',
    read: ({ days }) => days.over,
  },
];
