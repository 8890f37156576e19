import type { PoolState } from '../database/index.js';
import type { Reading } from '../metrics/index.js';

/** What this process holds at one moment. */
export interface ProcessState {
  lanes: { sending: number; ready: number; held: number; paused: number };
  /** Events whose rules are to be tried or are being tried. */
  events: number;
  evaluation: { waiting: number; threads: number };
  pools: { statements: PoolState; others: PoolState };
}

/** What this process holds. The sum over processes is the whole. */
export const processReadings: readonly Reading<ProcessState>[] = [
  {
    name: 'bugle_requests_in_flight',
    help: 'Requests to receivers under way in this process.',
    read: ({ lanes }) => lanes.sending,
  },
  {
    name: 'bugle_lanes_ready_deliveries',
    help: 'Deliveries that this process holds and that wait for their turn.',
    read: ({ lanes }) => lanes.ready,
  },
  {
    name: 'bugle_lanes_held_deliveries',
    help: 'Deliveries that this process holds: ready, under way, or waiting to be settled.',
    read: ({ lanes }) => lanes.held,
  },
  {
    name: 'bugle_lanes_paused',
    help: 'Webhooks that this process does not send to for a moment because of their rate limits.',
    read: ({ lanes }) => lanes.paused,
  },
  {
    name: 'bugle_handoff_events',
    help: 'Events in this process whose rules are to be tried or are being tried.',
    read: ({ events }) => events,
  },
  {
    name: 'bugle_evaluation_waiting_tasks',
    help: 'Rules and checks that wait for an evaluation thread.',
    read: ({ evaluation }) => evaluation.waiting,
  },
  {
    name: 'bugle_evaluation_threads',
    help: 'Evaluation threads that live.',
    read: ({ evaluation }) => evaluation.threads,
  },
  {
    name: 'bugle_connections_open',
    help: 'Connections to the database: of the statements of the pipeline, and of all others.',
    label: 'pool',
    read: ({ pools }) => ({ statements: pools.statements.total, others: pools.others.total }),
  },
  {
    name: 'bugle_connections_idle',
    help: 'Those of them that do nothing.',
    label: 'pool',
    read: ({ pools }) => ({ statements: pools.statements.idle, others: pools.others.idle }),
  },
  {
    name: 'bugle_connections_waiting',
    help: 'Statements that wait for a connection.',
    label: 'pool',
    read: ({ pools }) => ({ statements: pools.statements.waiting, others: pools.others.waiting }),
  },
];

/** Jobs that wait in Redis, the same for every process. */
export const redisReading: Reading<Readonly<Record<string, number>>> = {
  name: 'bugle_handoff_jobs',
  help: 'Announcements that wait in Redis. 0 when all is well; what is lost there is found by the sweeps.',
  label: 'queue',
  read: (jobs) => jobs,
};
