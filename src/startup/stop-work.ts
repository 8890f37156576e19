import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { BacktestService, DispatchService } from '../automations/index.js';
import {
  AttemptStreamService,
  DeliveryHandoff,
  DeliverySweepService,
  DeliveryWorkerService,
} from '../deliveries/index.js';
import { EventSweepService } from '../event-bus/index.js';
import { JobStreamService, JobWorkerService } from '../jobs/index.js';
import { endsWithin } from './undo.js';

/** When the grace time is over, what was cut off is written down, if the database answers. */
const SETTLE_MS = 3_000;

/** What becomes of the work of a process that ends. */
export interface StopOptions {
  graceMs: number;
  /** Whether it dispatches and sends. */
  isWorker: boolean;
  logger: Logger;
}

/**
 * Takes nothing more, and lets end what is under way: requests of clients, requests to webhooks, pages of jobs. All of it has
 * the same grace time. What does not end, because the database hangs, is left to others.
 * @throws Error when something is left
 */
export async function stopWork(app: NestFastifyApplication, options: StopOptions): Promise<void> {
  const { graceMs, isWorker, logger } = options;
  const { held: deliveries } = app.get(DeliveryWorkerService).load;
  const stopped = allEnd([stopIntake(app, graceMs), ...(isWorker ? stopRoles(app) : [])]);
  if (await endsWithin(graceMs + SETTLE_MS, stopped)) return stopped;
  logger.error({ deliveries }, 'stop.left_to_leases');
  throw new Error(
    `It has not ended in time. Up to ${deliveries} deliveries are held by this process: others take them when it is gone, or when their leases have run out.`,
  );
}

/**
 * No new connections; requests under way are answered, within the grace time. What they stored is dispatched by
 * whoever runs next.
 */
async function stopIntake(app: NestFastifyApplication, graceMs: number): Promise<void> {
  app.get(AttemptStreamService).end();
  app.get(BacktestService).end();
  app.get(JobStreamService).end();
  const fastify = app.getHttpAdapter().getInstance();
  const grace = setTimeout(() => fastify.server.closeAllConnections(), graceMs);
  await fastify.close();
  clearTimeout(grace);
}

function stopRoles(app: NestFastifyApplication): Promise<void>[] {
  return [
    app.get(DeliveryHandoff).close(),
    app.get(JobWorkerService).stop(),
    app.get(DeliverySweepService).stop(),
    app.get(DeliveryWorkerService).stop(),
    stopDispatching(app),
  ];
}

/** Only when the lanes are closed, what is left in them is known and can be given to others. */
async function stopDispatching(app: NestFastifyApplication): Promise<void> {
  await app.get(DispatchService).stop();
  await app.get(EventSweepService).stop();
}

/** Also where one fails, the others are waited for. @throws what the first of them has thrown */
async function allEnd(parts: Promise<void>[]): Promise<void> {
  await Promise.allSettled(parts);
  await Promise.all(parts);
}
