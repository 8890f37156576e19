import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { packageRoot } from '../../src/config/index.js';
import { until } from './until.js';

/** Starts Redis, tells its number, and ends it when the pipe from the test's process closes, however that one ends. */
const LEASHED =
  'redis-server "$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null';
/** Not even what a replica is sent by its master. */
const NOTHING_KEPT = ['--save', '', '--appendonly', 'no', '--repl-diskless-load', 'swapdb'];
const HERE_ONLY = ['--bind', '127.0.0.1'];

/** A certificate and its key in test/fixtures/tls, by what is right or wrong with it; `ca` signed all but one. */
export type Certificate = 'good' | 'expired' | 'self-signed' | 'wrong-host';

/** Where the certificate lies. */
export function certificateFile(name: Certificate | 'ca'): string {
  return join(packageRoot, 'test/fixtures/tls', `${name}.pem`);
}

/** A Redis of a spec file's own, on a free port, that keeps nothing on disk and can be made to fail. */
export class TestRedis {
  private shell: ChildProcessWithoutNullStreams | undefined;
  private pid = 0;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
    private readonly speaksTls = false,
  ) {}

  /** @throws Error where redis-server is not installed: no test of it is skipped */
  static async start(...settings: string[]): Promise<TestRedis> {
    const redis = await TestRedis.stopped(...settings);
    await redis.restart();
    return redis;
  }

  /** One that speaks TLS only, to clients, replicas, sentinels and other nodes. */
  static async startTls(certificate: Certificate, ...settings: string[]): Promise<TestRedis> {
    const file = certificateFile(certificate);
    const tls = ['--tls-cert-file', file, '--tls-key-file', file, '--tls-auth-clients', 'no'];
    const all = ['--tls-ca-cert-file', certificateFile('ca'), '--tls-replication', 'yes', ...tls];
    const redis = new TestRedis(await freePort(), [...settings, ...all], true);
    await redis.restart();
    return redis;
  }

  /** One that has a port and does not run yet. */
  static async stopped(...settings: string[]): Promise<TestRedis> {
    return new TestRedis(await freePort(), settings);
  }

  get url(): string {
    return `${this.speaksTls ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty. */
  async restart(): Promise<void> {
    const port = String(this.port);
    const ports = this.speaksTls ? ['--port', '0', '--tls-port', port] : ['--port', port];
    const words = [...this.settings, ...ports, ...NOTHING_KEPT, ...HERE_ONLY];
    const shell = spawn('sh', ['-c', LEASHED, 'sh', ...words]);
    this.shell = shell;
    const [first] = (await once(shell.stdout, 'data')) as [Buffer];
    this.pid = Number(first.toString());
    await until(
      'Redis answers (if it is not installed: apt-get install redis-server)',
      async () => (await this.run('PING')) === 'PONG',
      10_000,
    );
  }

  /** As a power cut ends it. */
  async kill(): Promise<void> {
    const { shell } = this;
    if (!shell) return;
    this.shell = undefined;
    shell.stdin.end();
    await once(shell, 'close');
  }

  /** It hangs: connections stay open, and nothing answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Runs one command on a connection of its own. */
  async run(command: string, ...words: (string | number)[]): Promise<unknown> {
    const client = new Redis(this.port, '127.0.0.1', {
      lazyConnect: true,
      retryStrategy: null,
      tls: this.speaksTls ? { rejectUnauthorized: false } : undefined,
    });
    client.on('error', () => undefined);
    // One that fails has ended: to end it again would keep this process alive for two seconds.
    await client.connect();
    try {
      return await client.call(command, ...words);
    } finally {
      client.disconnect();
    }
  }
}

/** A port that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('No port is free.');
  return address.port;
}
