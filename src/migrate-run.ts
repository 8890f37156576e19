import { parseArgs } from 'node:util';
import { loadConfig } from './config/index.js';
import { migrate, openOneConnection } from './database/index.js';
import { runProgram, say } from './program.js';
import { reasonOf, StartupError } from './startup-error.js';

/** `npm run migrate`: brings the tables up to this version, as every start of the server does, and says what was done. */
async function main(): Promise<void> {
  refuseOptions();
  const config = loadConfig();
  const dataSource = await openOneConnection(config);
  try {
    const names = await migrate(dataSource, config.BUGLE_SCHEMA, () =>
      say('Another process is migrating. Waiting until it is done ...'),
    );
    for (const name of names) say(`${name} has run.`);
    if (names.length === 0) say('Nothing to do: all migrations have run.');
  } catch (error) {
    const message = `names a database whose tables cannot be prepared: ${reasonOf(error)}. What ran before stays; run it again`;
    throw new StartupError('DATABASE_URL', message, { cause: error });
  } finally {
    await dataSource.destroy();
  }
}

function refuseOptions(): void {
  try {
    parseArgs({ options: {} });
  } catch (error) {
    throw new StartupError(undefined, `${reasonOf(error)}. There are no options`, { cause: error });
  }
}

await runProgram(main, 'Not migrated');
