import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanup } from './cleanup.js';
import { freePort } from './server-process.js';

const START_LIMIT_MS = 10_000;

/** A Redis of our own on a free port, which stores nothing; undefined where there is no redis-server. */
export async function redisUrl({
  folder,
  cleanup,
}: {
  folder: string;
  cleanup: Cleanup;
}): Promise<string | undefined> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const ended = new Promise<'ended'>((resolve) => {
    server.once('error', () => resolve('ended'));
    server.once('exit', () => resolve('ended'));
  });
  cleanup.add(() => void server.kill());
  return (await Promise.race([answers(port), ended])) === 'answers'
    ? `redis://127.0.0.1:${port}`
    : undefined;
}

async function answers(port: number): Promise<'answers' | 'late'> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return 'answers';
    await pause(20);
  }
  return 'late';
}
