import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, type Foundation } from '../app.module.js';
import { DispatchService } from '../automations/index.js';
import { type Config, embeddedMasterKey } from '../config/index.js';
import type { Connection } from '../database/index.js';
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
import { type AdminKey, type FirstStart, firstStart } from './first-start.js';
import { listen } from './listen.js';
import { locateDatabase, openDatabase } from './open-database.js';
import { isAway, patiently } from './patiently.js';
import { RedisConnections } from '../redis/index.js';
import { reasonOf, StartupError } from '../startup-error.js';
import { stopWork } from './stop-work.js';
import { Undo } from './undo.js';
import { later, unlessTold } from './unless-told.js';
import { wrongMasterKey } from './wrong-master-key.js';
import { MasterKeyService } from '../webhooks/index.js';
import { generateApiKey } from '../workspaces/index.js';

/** A server that runs. */
export interface RunningServer {
  /** http://host:port */
  readonly address: string;
  readonly app: NestFastifyApplication;
  /** When this start has made one. */
  readonly adminKey?: AdminKey;
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

/** What each try of a start is given. Its new key is that of all tries: one may have stored it, and not heard so. */
interface StartInput extends FirstStart {
  logger: Logger;
}

/**
 * Starts everything that the settings ask for, and waits for a database that is away (`BUGLE_START_WAIT_MS`). `told` is aborted
 * when the process is told to stop: as long as nothing works yet, the start ends at once. Later it goes on, and is there to be stopped;
 * what it waits for then has the grace time (`BUGLE_SHUTDOWN_GRACE_MS`), and other processes that start are not waited for.
 * @throws StartupError when a person has to change something, or the reason of `told`
 */
export function start(
  settings: Config,
  logger: Logger,
  told = new AbortController().signal,
): Promise<RunningServer> {
  const isEmbedded = settings.DATABASE_URL === undefined;
  const config = isEmbedded ? withLoopback(settings) : settings;
  // The embedded PostgreSQL is ours: nobody else will start it.
  const withinMs = isEmbedded ? 0 : config.BUGLE_START_WAIT_MS;
  const onWait = (reason: string) => logger.warn({ reason, withinMs }, 'database.waiting');
  const late = later(told, config.BUGLE_SHUTDOWN_GRACE_MS);
  const input = { config, logger, told, late, newKey: generateApiKey() };
  return patiently(() => startOnce(input), { withinMs, onWait, told });
}

/** If any step fails, what was started before is stopped again. */
async function startOnce(input: StartInput): Promise<RunningServer> {
  const { config, logger, told } = input;
  const undo = new Undo();
  const stop = () => undo.all(config.BUGLE_SHUTDOWN_GRACE_MS + CLOSE_MS);
  let app: NestFastifyApplication | undefined;
  try {
    app = await preparedUnlessTold(input, undo);
    return { ...(await serve(app, input, undo)), stop };
  } catch (error) {
    // Whoever is told to stop before it takes work has none that would need time to end.
    const stopped = !app && error === told.reason ? undo.all(0) : stop();
    // What keeps it from starting is what a person has to know.
    await stopped.catch((err: unknown) => logger.error({ err }, 'stop.failed'));
    throw isAway(error) ? databaseLost(error) : error;
  }
}

/** It was there, and went away in the middle of a start. What opened it has told so in the same way. */
function databaseLost(error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const message = `names a database that cannot be reached any more: ${reasonOf(error)}`;
  return new StartupError('DATABASE_URL', message, { cause: error });
}

async function preparedUnlessTold(input: StartInput, undo: Undo): Promise<NestFastifyApplication> {
  const { config, told } = input;
  told.throwIfAborted();
  // An embedded PostgreSQL that is just starting can be stopped when it has started.
  const connection = await locateDatabase(config, undo);
  told.throwIfAborted();
  const app = await unlessTold(told, prepare(connection, input, undo));
  told.throwIfAborted();
  return app;
}

/** All that can be done before there is work. */
async function prepare(
  connection: Connection,
  { config, logger }: StartInput,
  undo: Undo,
): Promise<NestFastifyApplication> {
  const database = await openDatabase(connection, { config, logger, undo });
  const masterKey = config.BUGLE_MASTER_KEY ?? embeddedMasterKey(config.BUGLE_DATA_DIR);
  const redis = new RedisConnections(config, logger);
  undo.add('Redis', () => Promise.resolve(redis.close()));
  const app = await assemble({ config, masterKey, logger, database, redis });
  undo.add('the application', () => app.close());
  await makeReady(app);
  if (!(await app.get(MasterKeyService).isRight())) throw wrongMasterKey(config);
  return app;
}

/** The address is taken before keys are stored: a port in use has to be found out first. */
async function serve(
  app: NestFastifyApplication,
  input: StartInput,
  undo: Undo,
): Promise<Omit<RunningServer, 'stop'>> {
  const { config, logger, late } = input;
  await unlessTold(late, startRoles(app, { config, logger, undo }));
  const address = await unlessTold(late, listen(app, config));
  if (!(await unlessTold(late, app.get(MasterKeyService).remember()))) throw wrongMasterKey(config);
  const adminKey = await firstStart(app, input);
  app.get(HealthService).started();
  return { address, app, ...(adminKey && { adminKey }) };
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

function withLoopback(config: Config): Config {
  return config.BUGLE_ALLOW_NETWORKS ? config : { ...config, BUGLE_ALLOW_NETWORKS: LOOPBACK };
}
