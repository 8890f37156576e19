import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { bareEnvironment } from './bare-environment.js';
import type { Order } from './rig.js';

/** Settings as the environment gives them to a server: `{ PORT: '0' }`. */
export type Settings = Record<string, string>;

/** How a server process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const main = join(import.meta.dirname, '..', '..', 'src', 'main.js');
const rig = pathToFileURL(join(import.meta.dirname, 'rig.js')).href;

const running = new Set<ServerProcess>();

afterAll(async () => {
  await Promise.all([...running].map((server) => server.kill('SIGKILL')));
});

/**
 * The compiled server as a process of its own, for what only a process can show: signals, `kill -9`, refusing to
 * start. None outlives the spec file that imports this module.
 *
 *     const server = await ServerProcess.start({ DATABASE_URL: database.url, BUGLE_MASTER_KEY: key, PORT: '0' });
 *     expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
 */
export class ServerProcess {
  stdout = '';
  stderr = '';
  /** Resolves when the process has ended and everything it wrote has been read. */
  readonly exit: Promise<Exit>;
  private readonly child: ChildProcess;

  private constructor(settings: Settings) {
    const child = spawn(process.execPath, ['--import', rig, main], {
      // A folder without an .env file.
      cwd: import.meta.dirname,
      env: { ...bareEnvironment(), ...settings },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    collect(child.stdout, (text) => (this.stdout += text));
    collect(child.stderr, (text) => (this.stderr += text));
    running.add(this);
    this.exit = once(child, 'close').then(([code, signal]: Exit[keyof Exit][]) => {
      running.delete(this);
      return { code, signal } as Exit;
    });
  }

  /** Starts a server and waits until it listens. @throws Error with what it wrote when it ends instead */
  static async start(settings: Settings): Promise<ServerProcess> {
    const server = new ServerProcess(settings);
    await server.listening();
    return server;
  }

  /** Starts a server that is expected to end by itself, and waits until it has. */
  static async run(settings: Settings): Promise<Exit & { stdout: string; stderr: string }> {
    const server = new ServerProcess(settings);
    const exit = await server.exit;
    return { ...exit, stdout: server.stdout, stderr: server.stderr };
  }

  /** http://host:port, as the server says it. */
  get address(): string {
    return /Bugle listens on (\S+) /.exec(this.stdout)?.[1] ?? '';
  }

  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exit;
  }

  /** Sends a signal and does not wait: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Asks something of the rig in the process. It may have ended meanwhile. */
  tell(order: Order): void {
    if (this.child.connected) this.child.send(order, () => undefined);
  }

  private async listening(): Promise<void> {
    const ended = this.exit.then(({ code }) => {
      throw new Error(`The server ended with code ${code}:\n${this.stdout}${this.stderr}`);
    });
    while (!this.address) await Promise.race([once(this.child.stdout as Readable, 'data'), ended]);
    ended.catch(() => undefined);
  }
}

function collect(stream: Readable | null, add: (text: string) => void): void {
  stream?.setEncoding('utf8').on('data', add);
}
