import { setTimeout as pause } from 'node:timers/promises';
import { type Exit, ServerProcess, type Settings } from '../support/server-process.js';
import { until } from '../support/until.js';

export type Role = 'all' | 'api' | 'worker';

const RESTART_AFTER_MS = 100;
/** A second or two, where nothing else runs on the machine. */
const STARTED_WITHIN_MS = 90_000;
/** How a start may end while PostgreSQL is away. */
const NO_DATABASE =
  /DATABASE_URL names a database (that cannot be reached|whose tables cannot be prepared)/;

/** One place for a server process: whoever ends there, for whatever reason, is followed by the next. */
export class Member {
  /** Ends that nobody has brought about, each with what the process wrote. */
  readonly crashes: string[] = [];
  private process: ServerProcess | undefined;
  private isWanted = true;
  private isTold = false;
  private readonly keeping: Promise<void>;

  constructor(
    readonly role: Role,
    private readonly settings: Settings,
  ) {
    this.keeping = this.keep();
  }

  /** Undefined while none runs. */
  get address(): string | undefined {
    return this.process?.address;
  }

  /** The process that runs, or the next. @throws Error with what it wrote when it ends by itself instead */
  async running(): Promise<ServerProcess> {
    const isDecided = () => this.process !== undefined || this.crashes.length > 0;
    await until(`a server with the role ${this.role} runs`, isDecided, STARTED_WITHIN_MS);
    if (this.process) return this.process;
    throw new Error(this.crashes.join('\n'));
  }

  /** Ends the process that runs now; the next one follows. SIGTERM has to end well. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const process = await this.running();
    this.isTold = true;
    await process.kill(signal);
  }

  /** Ends it for good. */
  async stop(): Promise<Exit | undefined> {
    this.isWanted = false;
    this.isTold = true;
    const exit = await this.process?.kill('SIGTERM');
    await this.keeping;
    return exit;
  }

  private async keep(): Promise<void> {
    while (this.isWanted) {
      this.isTold = false;
      await this.live();
      await pause(RESTART_AFTER_MS);
    }
  }

  private async live(): Promise<void> {
    try {
      this.process = await ServerProcess.start(this.settings);
    } catch (error) {
      if (!NO_DATABASE.test(String(error))) this.crashes.push(String(error));
      return;
    }
    const server = this.process;
    // Told to stop while it started.
    if (!this.isWanted) server.signal('SIGTERM');
    const ended = await server.exit;
    if (!this.isFine(ended))
      this.crashes.push(`${JSON.stringify(ended)} ${last(server.stdout + server.stderr)}`);
    this.process = undefined;
  }

  /** A SIGKILL is ours, whether the test sends it or the rig in the process does. */
  private isFine({ code, signal }: Exit): boolean {
    return signal === 'SIGKILL' || (this.isTold && code === 0);
  }
}

function last(text: string): string {
  return text.slice(-2_000);
}

/** Server processes that share one database. */
export class Fleet {
  readonly members: Member[] = [];

  /** Those that send. */
  get workers(): Member[] {
    return this.members.filter(({ role }) => role !== 'api');
  }

  /** Those that take events: producers speak to them, though every role answers HTTP. */
  get takers(): Member[] {
    return this.members.filter(({ role }) => role !== 'worker');
  }

  get crashes(): string[] {
    return this.members.flatMap(({ crashes }) => crashes);
  }

  /** Addresses where one can publish now. */
  addresses(): string[] {
    return this.takers.flatMap(({ address }) => address ?? []);
  }

  async running(): Promise<void> {
    await Promise.all(this.members.map((member) => member.running()));
  }

  /** Each as a supervisor would: told to stop, it has to end with 0. */
  async stop(): Promise<(Exit | undefined)[]> {
    return Promise.all(this.members.map((member) => member.stop()));
  }
}
