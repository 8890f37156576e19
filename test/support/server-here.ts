import { loadConfig } from '../../src/config/index.js';
import { createLogger } from '../../src/logger.js';
import { type RunningServer, start } from '../../src/start.js';
import { onNewDatabase, TestServer, type TestServerParts } from './server.js';
import type { Settings } from './server-process.js';

const NO_ENV_FILE = '';

/** A server inside the process of the spec file, for what needs the parts of the application itself. */
export class TestServerHere extends TestServer {
  constructor(private readonly here: TestServerParts<RunningServer>) {
    super(here);
  }

  /** The application: to reach a service of it. */
  get app(): RunningServer['app'] {
    return this.here.server.app;
  }

  /** In this process as well. */
  override async join(overrides: Settings = {}): Promise<TestServerHere> {
    const settings = { ...this.here.settings, ...overrides };
    return new TestServerHere({
      settings,
      server: await run(settings),
      drop: () => Promise.resolve(),
    });
  }
}

/** Like startTestServer, but in this process, for specs that reach into it: slower to start. */
export const startTestServerHere = (overrides: Settings = {}): Promise<TestServerHere> =>
  onNewDatabase(
    overrides,
    async (parts) => new TestServerHere({ ...parts, server: await run(parts.settings) }),
  );

function run(settings: Settings): Promise<RunningServer> {
  const config = loadConfig(settings, NO_ENV_FILE);
  return start(config, createLogger(config.BUGLE_LOG_LEVEL).logger);
}
