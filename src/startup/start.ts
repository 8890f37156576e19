import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, type Foundation } from '../app.module.js';
import { DispatchService } from '../automations/index.js';
import { type Config, embeddedMasterKey, keepAdminKey } from '../config/index.js';
import {
  DeliveryHandoff,
  DeliverySweepService,
  DeliveryWorkerService,
} from '../deliveries/index.js';
import { EventHandoff, EventSweepService } from '../event-bus/index.js';
import { HealthService } from '../health/index.js';
import { createServer, ProblemFilter, serveOpenApi, ValidationPipe } from '../http/index.js';
import { JobWorkerService } from '../jobs/index.js';
import { nestLogger } from '../logger.js';
import { openDatabase } from './open-database.js';
import { isAway, patiently } from './patiently.js';
import { RedisConnections } from '../redis/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { stopWork } from './stop-work.js';
import { Undo } from './undo.js';
import { TargetService } from '../webhooks/index.js';
import { FirstStartService } from '../workspaces/index.js';

/** A server that runs. */
export interface RunningServer {
  /** http://host:port */
  readonly address: string;
  readonly app: NestFastifyApplication;
  /** The admin key, when this start has made one; in embedded mode also the file that keeps it. */
  readonly adminKey?: { key: string; file?: string };
  /**
   * Stops taking requests, lets what is in flight end, and closes the database last: within the grace time and some seconds,
   * whatever hangs. @throws AggregateError that names what could not be stopped
   */
  stop(): Promise<void>;
}

/** What may be called in embedded mode besides the internet: programs on this machine. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** For all that is to be closed when the work has stopped. */
const CLOSE_MS = 4_000;

/**
 * Starts everything that the settings ask for, and waits for a database that is away (`BUGLE_START_WAIT_MS`).
 * @throws StartupError when a person has to change something.
 */
export function start(config: Config, logger: Logger): Promise<RunningServer> {
  // The embedded PostgreSQL is ours: nobody else will start it.
  const withinMs = config.DATABASE_URL === undefined ? 0 : config.BUGLE_START_WAIT_MS;
  const onWait = (reason: string) => logger.warn({ reason, withinMs }, 'database.waiting');
  return patiently(() => startOnce(config, logger), { withinMs, onWait });
}

/** If any step fails, what was started before is stopped again. */
async function startOnce(config: Config, logger: Logger): Promise<RunningServer> {
  const undo = new Undo();
  const stop = () => undo.all(config.BUGLE_SHUTDOWN_GRACE_MS + CLOSE_MS);
  try {
    return { ...(await startSteps(config, logger, undo)), stop };
  } catch (error) {
    // What keeps it from starting is what a person has to know.
    await stop().catch((err: unknown) => logger.error({ err }, 'stop.failed'));
    throw isAway(error) ? databaseLost(error) : error;
  }
}

/** It was there, and went away in the middle of a start. What opened it has told so in the same way. */
function databaseLost(error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const message = `names a database that cannot be reached any more: ${reasonOf(error)}`;
  return new StartupError('DATABASE_URL', message, { cause: error });
}

async function startSteps(
  settings: Config,
  logger: Logger,
  undo: Undo,
): Promise<Omit<RunningServer, 'stop'>> {
  const isEmbedded = settings.DATABASE_URL === undefined;
  const config = isEmbedded ? withLoopback(settings) : settings;
  const database = await openDatabase(config, logger, undo);
  const masterKey = config.BUGLE_MASTER_KEY ?? embeddedMasterKey(config.BUGLE_DATA_DIR);
  const redis = new RedisConnections(config, logger);
  undo.add('Redis', () => Promise.resolve(redis.close()));
  const app = await assemble({ config, masterKey, logger, database, redis });
  undo.add('the application', () => app.close());
  await makeReady(app);
  if (!(await app.get(TargetService).canReadSecrets())) throw wrongMasterKey();
  await startRoles(app, { config, logger, undo });
  await listen(app, config);
  const adminKey = await firstStart(app, config, isEmbedded);
  app.get(HealthService).started();
  return { address: addressOf(app, config.HOST), app, ...(adminKey && { adminKey }) };
}

function wrongMasterKey(): StartupError {
  const message =
    'does not open the secrets stored in this database. Start with the key they were sealed with';
  return new StartupError('BUGLE_MASTER_KEY', message);
}

/** The application without a port, its roles not started. Also what the OpenAPI file is made of. */
export async function createApp(foundation: Foundation): Promise<NestFastifyApplication> {
  const app = await assemble(foundation);
  await makeReady(app);
  return app;
}

async function assemble(foundation: Foundation): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.on(foundation),
    createServer(foundation.config),
    { logger: nestLogger(foundation.logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter(foundation.logger));
  serveOpenApi(app);
  return app;
}

/** Here modules ask the database for the first time, and start their threads. */
async function makeReady(app: NestFastifyApplication): Promise<void> {
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
}

/** The address is taken by now: a port in use is found out before a key is made. */
async function firstStart(
  app: NestFastifyApplication,
  config: Config,
  isEmbedded: boolean,
): Promise<RunningServer['adminKey']> {
  let file: string | undefined;
  const key = await app.get(FirstStartService).prepare((made) => {
    if (isEmbedded) file = keepAdminKey(config.BUGLE_DATA_DIR, made);
  });
  return key === undefined ? undefined : { key, file };
}

/** Every process answers requests; all but `api` ones also dispatch events and send deliveries. */
async function startRoles(
  app: NestFastifyApplication,
  { config, logger, undo }: { config: Config; logger: Logger; undo: Undo },
): Promise<void> {
  undo.add('the hand-off of events', () => app.get(EventHandoff).close());
  undo.add('the hand-off of deliveries', () => app.get(DeliveryHandoff).close());
  const { BUGLE_SHUTDOWN_GRACE_MS: graceMs, BUGLE_ROLE: role } = config;
  const isWorker = role !== 'api';
  if (isWorker) await app.get(DeliveryWorkerService).start();
  undo.add('the work', () => stopWork(app, { graceMs, isWorker, logger }));
  if (!isWorker) return;
  app.get(DeliverySweepService).start();
  app.get(EventSweepService).start();
  app.get(DispatchService).start();
  app.get(JobWorkerService).start();
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  try {
    // Not through Nest, which would log the failure a second time in its own way.
    await app.getHttpAdapter().getInstance().listen({ port: config.PORT, host: config.HOST });
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, 'code')) : '';
    if (code === 'EADDRINUSE') {
      throw new StartupError(
        'PORT',
        `${config.PORT} is in use by another program. Stop it, or set another PORT`,
      );
    }
    throw new StartupError(
      'HOST',
      `${config.HOST} port ${config.PORT} cannot be listened on: ${code}`,
      { cause: error },
    );
  }
}

function addressOf(app: NestFastifyApplication, host: string): string {
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function withLoopback(config: Config): Config {
  return config.BUGLE_ALLOW_NETWORKS ? config : { ...config, BUGLE_ALLOW_NETWORKS: LOOPBACK };
}
