import { setFlagsFromString } from 'node:v8';
import { commandLine, loadConfig } from './config/index.js';
import { createLogger } from './logger.js';
import { StartupError } from './startup-error.js';

/**
 * How much of what lives may lie about as garbage besides. V8 by itself lets it grow to three times as much before it
 * collects the old generation: 90 MiB of memory under load that nobody has anything of.
 */
const GARBAGE_PERCENT = 50;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const leave = () => process.exit(0);

async function main(): Promise<void> {
  // Before there is much in the heap: V8 decides early how far it lets it grow.
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  const config = loadConfig(process.env, '.env', commandLine(process.argv.slice(2)));
  // Loaded only now, which takes a second: a bad setting is told at once.
  const { start, welcome } = await import('./startup/index.js');
  const { logger, flush } = createLogger(config.BUGLE_LOG_LEVEL);
  process.on('exit', flush);
  // A start may wait for its database, and the first process of a container is deaf to what it does not handle.
  for (const signal of SIGNALS) process.once(signal, leave);
  const server = await start(config, logger);
  for (const signal of SIGNALS) process.off(signal, leave);
  process.stdout.write(welcome(server, config));
  let stopping: Promise<void> | undefined;
  // The terminal, npm and a supervisor may each send one: the first counts.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      stopping ??= server.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stop.failed');
          process.exit(1);
        },
      );
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(
    `Bugle cannot start: ${error.setting ? `${error.setting} ` : ''}${error.message}\n`,
  );
  process.exit(1);
}
