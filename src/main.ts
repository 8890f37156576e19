import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './program.js';

/**
 * How much of what lives may lie about as garbage besides. V8 by itself lets it grow to three times as much before it
 * collects the old generation: 90 MiB of memory under load that nobody has anything of.
 */
const GARBAGE_PERCENT = 50;

/** Starts, works until it is told to stop, and stops. */
async function main(told: AbortSignal): Promise<void> {
  // Before there is much in the heap: V8 decides early how far it lets it grow.
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  const { commandLine, loadConfig } = await import('./config/index.js');
  const config = loadConfig(process.env, '.env', commandLine(process.argv.slice(2)));
  // Loaded only now, which takes a second: a bad setting is told at once.
  const { start, welcome } = await import('./startup/index.js');
  const { createLogger } = await import('./logger.js');
  const { logger, flush } = createLogger(config.BUGLE_LOG_LEVEL);
  process.on('exit', flush);
  const server = await start(config, logger, told);
  // Also to whoever has told it meanwhile: an admin key is shown only now.
  process.stdout.write(welcome(server, config));
  if (!told.aborted) await once(told, 'abort');
  logger.info({ graceMs: config.BUGLE_SHUTDOWN_GRACE_MS }, 'stop.begun');
  await server.stop().catch((error: unknown) => {
    logger.error({ err: error }, 'stop.failed');
    process.exitCode = 1;
  });
}

/** The first process of a container is deaf to signals that it does not handle. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  // The terminal, npm and a supervisor may each send one: the first counts.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());
  return stop.signal;
}

// As early as can be: imports at the top come before it, so what is large is imported later, in main.
const told = stopSignal();
try {
  await runProgram(() => main(told), 'Bugle cannot start');
} catch (error) {
  if (error !== told.reason) throw error;
}
process.exit();
