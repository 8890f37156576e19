import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { ensurePartitions } from '../../src/database/partitions.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded/index.js';
import { connectionVariable, templateDatabase, urlOf } from './database.js';

let dataDir: string | undefined;
let server: EmbeddedPostgres | undefined;
let interrupted: Promise<void> | undefined;

/**
 * Starts the one PostgreSQL of a test run, in a folder of its own, with a template database: migrated, with the
 * partitions of these days.
 */
export async function startTestPostgres(): Promise<void> {
  stopWhenInterrupted();
  // Where Jest ends without its teardown, as it does when its output is cut off.
  process.once('exit', removeFolder);
  dataDir = mkdtempSync(join(tmpdir(), 'bugle-test-'));
  try {
    server = await startEmbeddedPostgres({
      dataDir,
      database: templateDatabase,
      // Nothing here has to survive a power cut.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
    });
    await migrateTemplate(server);
    process.env[connectionVariable] = urlOf({ password: '', ...server.connection });
  } catch (error) {
    await stopTestPostgres();
    throw error;
  }
}

/** Stops it and removes its folder. */
export async function stopTestPostgres(): Promise<void> {
  await server?.stop();
  removeFolder();
}

function removeFolder(): void {
  if (dataDir) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function migrateTemplate({ connection }: EmbeddedPostgres): Promise<void> {
  const schema = 'bugle';
  const dataSource = createDataSource({ connection, schema, poolSize: 1 });
  await dataSource.initialize();
  try {
    await migrate(dataSource, schema);
    // A third of the time that a server takes to start on a new database.
    await ensurePartitions(dataSource, Date.now());
  } finally {
    // CREATE DATABASE … TEMPLATE refuses while anybody is connected to the template.
    await dataSource.destroy();
  }
}

/**
 * Jest skips the global teardown on Ctrl-C. The handlers stay: npm passes the terminal's signal on a second time,
 * which must not end us half-way.
 */
function stopWhenInterrupted(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(
      signal,
      () => void (interrupted ??= stopTestPostgres().finally(() => process.exit(code))),
    );
  }
}
