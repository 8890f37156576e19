import type { RunningServer } from '../../src/startup/start.js';
import { onNewDatabase, TestServer, type TestServerParts } from './server.js';
import type { Settings } from './server-process.js';
import { startHere } from './start-here.js';

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
      server: await startHere(settings),
      drop: () => Promise.resolve(),
    });
  }
}

/**
 * Like startTestServer, but inside Jest, for specs that reach into the application or replace a part of it. It takes
 * longer: Jest loads our code anew for each spec file, and the packages for the first.
 */
export const startTestServerHere = (overrides: Settings = {}): Promise<TestServerHere> =>
  onNewDatabase(
    overrides,
    async (parts) => new TestServerHere({ ...parts, server: await startHere(parts.settings) }),
  );
