import { parseArgs } from 'node:util';
import { loadConfig } from './config/index.js';
import { createLogger } from './logger.js';
import { StartupError } from './startup-error.js';

/** `--role worker` on the command line counts more than BUGLE_ROLE. */
function roleArgument(): { BUGLE_ROLE?: string } {
  try {
    const { values } = parseArgs({ options: { role: { type: 'string' } } });
    return values.role === undefined ? {} : { BUGLE_ROLE: values.role };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(undefined, `${reason}. The only option is --role all|api|worker`);
  }
}

async function main(): Promise<void> {
  const config = loadConfig(process.env, '.env', roleArgument());
  // Loaded only now, which takes a second: a bad setting is told at once.
  const { start } = await import('./start.js');
  const { welcome } = await import('./welcome.js');
  const { logger, flush } = createLogger(config.BUGLE_LOG_LEVEL);
  const server = await start(config, logger);
  process.stdout.write(welcome(server, config));
  let stopping: Promise<void> | undefined;
  // The terminal, npm and a supervisor may each send one: the first counts.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping ??= server.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stop.failed');
          flush();
          process.exit(1);
        },
      );
    });
  }
  process.on('exit', flush);
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
