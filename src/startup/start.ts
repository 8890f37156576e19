import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AppModule, type Foundation } from './app.module.js';
import { BacktestService, DispatchService } from './automations/index.js';
import { type Config, embeddedMasterKey, keepAdminKey } from './config/index.js';
import {
  type Connection,
  createDataSource,
  DatabaseSession,
  ensurePartitions,
  isOutage,
  migrate,
  PartitionUpkeep,
  startEmbeddedPostgres,
  Statements,
} from './database/index.js';
import {
  AttemptStreamService,
  DeliveryHandoff,
  DeliverySweepService,
  DeliveryWorkerService,
} from './deliveries/index.js';
import { entities } from './entities.js';
import { EventHandoff, EventSweepService } from './event-bus/index.js';
import { HealthService } from './health/index.js';
import { createServer, ProblemFilter, serveOpenApi, ValidationPipe } from './http/index.js';
import { JobStreamService, JobWorkerService } from './jobs/index.js';
import { nestLogger } from './logger.js';
import { RedisConnections } from './redis/index.js';
import { StartupError } from './startup-error.js';
import { TargetService } from './webhooks/index.js';
import { FirstStartService } from './workspaces/index.js';

/** A server that runs. */
export interface RunningServer {
  /** http://host:port */
  readonly address: string;
  readonly app: NestFastifyApplication;
  /** The admin key, when this start has made one; in embedded mode also the file that keeps it. */
  readonly adminKey?: { key: string; file?: string };
  /** Stops taking requests, lets what is in flight end, and closes the database last. */
  stop(): Promise<void>;
}

type Undo = () => Promise<unknown>;

/** No statement of a running server takes near as long: a connection that is silent for longer has lost its server. */
const MAX_SILENCE_MS = 60_000;
/** What may be called in embedded mode besides the internet: programs on this machine. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/**
 * Starts everything that the settings ask for. If any step fails, what was started before is stopped again.
 * @throws StartupError when a person has to change something.
 */
export async function start(config: Config, logger: Logger): Promise<RunningServer> {
  const undo: Undo[] = [];
  try {
    return await startSteps(config, logger, undo);
  } catch (error) {
    await unwind(undo);
    if (isOutage(error)) throw databaseLost(error);
    throw error;
  }
}

/** It was there, and went away in the middle of a start: whoever supervises us will try again. */
function databaseLost(error: unknown): StartupError {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `names a database that cannot be reached any more: ${reason}`;
  return new StartupError('DATABASE_URL', message, { cause: error });
}

async function startSteps(settings: Config, logger: Logger, undo: Undo[]): Promise<RunningServer> {
  const isEmbedded = settings.DATABASE_URL === undefined;
  const config = isEmbedded ? withLoopback(settings) : settings;
  const connection = await openDatabase(config, undo);
  const masterKey = config.BUGLE_MASTER_KEY ?? embeddedMasterKey(config.BUGLE_DATA_DIR);
  const dataSource = await connect(connection, config, undo);
  keepPartitions(dataSource, config, logger, undo);
  const session = new DatabaseSession(connection, config.BUGLE_SCHEMA, logger);
  await session.open();
  undo.push(() => session.close());
  const statements = new Statements(connection, config.BUGLE_SCHEMA);
  undo.push(() => statements.close());
  const redis = new RedisConnections(config, logger);
  undo.push(() => Promise.resolve(redis.close()));
  const database = { dataSource, session, statements };
  const app = await createApp({ config, masterKey, logger, database, redis });
  undo.push(() => app.close());
  if (!(await app.get(TargetService).canReadSecrets())) throw wrongMasterKey();
  await startRoles(app, config, undo);
  await listen(app, config);
  undo.push(() => stopIntake(app, config.BUGLE_SHUTDOWN_GRACE_MS));
  const adminKey = await firstStart(app, config, isEmbedded);
  app.get(HealthService).started();
  return {
    address: addressOf(app, config.HOST),
    app,
    ...(adminKey && { adminKey }),
    stop: () => unwind(undo),
  };
}

function wrongMasterKey(): StartupError {
  const message =
    'does not open the secrets stored in this database. Start with the key they were sealed with';
  return new StartupError('BUGLE_MASTER_KEY', message);
}

/** The application without a port, its roles not started. Also what the OpenAPI file is made of. */
export async function createApp(foundation: Foundation): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.on(foundation),
    createServer(foundation.config),
    { logger: nestLogger(foundation.logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter(foundation.logger));
  serveOpenApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

async function openDatabase(config: Config, undo: Undo[]): Promise<Connection> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL };
  const postgres = await startEmbeddedPostgres({ dataDir: config.BUGLE_DATA_DIR });
  undo.push(() => postgres.stop());
  return postgres.connection;
}

async function connect(connection: Connection, config: Config, undo: Undo[]): Promise<DataSource> {
  const { BUGLE_SCHEMA: schema, BUGLE_DATABASE_POOL_SIZE: poolSize } = config;
  await prepareTables(connection, schema);
  const maxSilenceMs = MAX_SILENCE_MS;
  const dataSource = createDataSource({ connection, schema, poolSize, maxSilenceMs, entities });
  undo.push(async () => dataSource.isInitialized && dataSource.destroy());
  await explained('names a database that cannot be reached', () => dataSource.initialize());
  return dataSource;
}

/** On a connection of its own that waits as long as it takes: a migration may rewrite a large table. */
async function prepareTables(connection: Connection, schema: string): Promise<void> {
  const dataSource = createDataSource({ connection, schema, poolSize: 1 });
  await explained('names a database that cannot be reached', () => dataSource.initialize());
  try {
    await explained('names a database whose tables cannot be prepared', async () => {
      await migrate(dataSource, schema);
      await ensurePartitions(dataSource, Date.now());
    });
  } finally {
    await dataSource.destroy();
  }
}

/** @throws StartupError with what PostgreSQL or the network said. */
async function explained(what: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    const reason = error instanceof Error ? error.message || Reflect.get(error, 'code') : error;
    throw new StartupError('DATABASE_URL', `${what}: ${String(reason)}`, { cause: error });
  }
}

function keepPartitions(
  dataSource: DataSource,
  config: Config,
  logger: Logger,
  undo: Undo[],
): void {
  const keepDays = config.BUGLE_ROLE === 'api' ? undefined : config.BUGLE_RETENTION_DAYS;
  const upkeep = new PartitionUpkeep(dataSource, logger, keepDays);
  upkeep.start();
  undo.push(() => upkeep.stop());
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
  config: Config,
  undo: Undo[],
): Promise<void> {
  undo.push(() => app.get(EventHandoff).close());
  undo.push(() => app.get(DeliveryHandoff).close());
  if (config.BUGLE_ROLE === 'api') return;
  const worker = app.get(DeliveryWorkerService);
  await worker.start();
  undo.push(() => worker.stop());
  for (const service of [
    app.get(DeliverySweepService),
    app.get(EventSweepService),
    app.get(DispatchService),
    app.get(JobWorkerService),
  ]) {
    service.start();
    undo.push(() => service.stop());
  }
  // First of all no more is taken from other processes.
  undo.push(() => app.get(DeliveryHandoff).close());
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

/**
 * No new connections; requests under way are answered, within the grace time. What they stored is dispatched by
 * whoever runs next.
 */
async function stopIntake(app: NestFastifyApplication, graceMs: number): Promise<void> {
  app.get(AttemptStreamService).end();
  app.get(BacktestService).end();
  app.get(JobStreamService).end();
  const { server } = app.getHttpAdapter().getInstance();
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await app.getHttpAdapter().getInstance().close();
  clearTimeout(grace);
}

function addressOf(app: NestFastifyApplication, host: string): string {
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Last started, first stopped. A step that fails does not keep the others from stopping. */
async function unwind(undo: Undo[]): Promise<void> {
  const errors: unknown[] = [];
  for (let step = undo.pop(); step; step = undo.pop())
    await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, 'not everything could be stopped');
}

function withLoopback(config: Config): Config {
  return config.BUGLE_ALLOW_NETWORKS ? config : { ...config, BUGLE_ALLOW_NETWORKS: LOOPBACK };
}
