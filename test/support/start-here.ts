import { loadConfig } from '../../src/config/index.js';
import { createLogger } from '../../src/logger.js';
import { type RunningServer, start } from '../../src/startup/start.js';
import type { Settings } from './server-process.js';

const NO_ENV_FILE = '';

/** Starts a server in this process. @throws StartupError */
export function startHere(settings: Settings): Promise<RunningServer> {
  const config = loadConfig(settings, NO_ENV_FILE);
  return start(config, createLogger(config.BUGLE_LOG_LEVEL).logger);
}
