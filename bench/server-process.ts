import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Question, Usage } from './probe.js';

/** A program to measure, as a process of its own. */
export interface Program {
  /** Compiled entry file. */
  file: string;
  env: Record<string, string>;
  port: number;
  /** Gets everything the program prints. */
  logFile: string;
  /** Its working folder: one without a `.env`. */
  cwd: string;
}

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;
const PROBE = pathToFileURL(join(import.meta.dirname, 'probe.js')).href;

/** A running server, with the probe inside. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
  ) {}

  /** Resolves when it answers requests. */
  static async start(program: Program): Promise<ServerProcess> {
    const server = new ServerProcess(run(program), `http://127.0.0.1:${program.port}`);
    try {
      await server.ready(program.logFile);
      return server;
    } catch (error) {
      server.child.kill('SIGKILL');
      throw error;
    }
  }

  async usage(): Promise<Usage> {
    return (await this.ask({ ask: 'usage' })) as Usage;
  }

  async startProfile(): Promise<void> {
    await this.ask({ ask: 'profile' });
  }

  /** Writes the CPU profile of what ran since `startProfile`. */
  async stopProfile(file: string): Promise<void> {
    await this.ask({ ask: 'profiled', file });
  }

  async stop(): Promise<void> {
    if (this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(late);
  }

  private async ask(question: Question): Promise<unknown> {
    const answer = once(this.child, 'message');
    this.child.send(question);
    const [message] = (await answer) as [unknown];
    return message;
  }

  private async ready(logFile: string): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS;
    while (performance.now() < deadline && !this.hasEnded()) {
      const answer = await fetch(`${this.address}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await pause(20);
    }
    throw new Error(`A server did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** A port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

function run({ file, env, logFile, cwd }: Program): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    return spawn(process.execPath, ['--import', PROBE, file], {
      cwd,
      env: { ...ownEnvironment(), ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
  } finally {
    closeSync(log);
  }
}

/** Whatever Bugle is set to on this machine must not reach the measured one. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const settings = /^(BUGLE_|DATABASE_URL$|REDIS_URL$|HOST$|PORT$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
}
