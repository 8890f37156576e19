import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { RedisConnections } from '../../src/redis/index.js';
import { BLOCKING_S } from '../../src/redis/redis-client.provider.js';
import { until } from '../support/until.js';
import { RedisFarm, SENTINEL_NAME } from './redis-modes.fixture.js';

let farm: RedisFarm;

beforeEach(() => {
  farm = new RedisFarm();
});
afterEach(() => farm.end());

/** What gets from one process to another, and what should: an event and a webhook. */
async function handedOver(settings: Record<string, string>) {
  const both = await farm.connect(settings);
  both.work();
  const announced = await both.handOver();
  return { seen: both.seen, announced };
}

it('a cluster of one node', async () => {
  const [node] = await farm.cluster(1);
  const { seen, announced } = await handedOver({
    REDIS_URL: node?.url ?? '',
    BUGLE_REDIS_MODE: 'cluster',
  });
  expect(seen).toEqual(announced);
});

it('a server that sentinels know', async () => {
  const sentinel = await farm.sentinelOf(await farm.start());
  const { seen, announced } = await handedOver({
    REDIS_URL: sentinel.url,
    BUGLE_REDIS_MODE: 'sentinel',
    BUGLE_REDIS_SENTINEL_NAME: SENTINEL_NAME,
  });
  expect(seen).toEqual(announced);
});

it('a server with a password, in a database of its own', async () => {
  const server = await farm.start();
  await server.run('CONFIG', 'SET', 'requirepass', 'p@ss/word');
  const { seen, announced } = await handedOver({
    REDIS_URL: `redis://:p%40ss%2Fword@127.0.0.1:${server.port}/3`,
  });
  expect(seen).toEqual(announced);
});

it('a connection that was lost while something was asked is not cut again when it is back', async () => {
  const server = await farm.start();
  const config = loadConfig({ REDIS_URL: server.url }, '');
  const redis = new RedisConnections(config, pino({ level: 'silent' }));
  const client = redis.blocking('test');
  let cuts = 0;
  client.on('close', () => (cuts += 1));
  try {
    const asked = client.brpop('nothing', BLOCKING_S);
    await until('it waits', async () =>
      String(await server.run('INFO', 'clients')).includes('blocked_clients:1'),
    );
    await server.run('CLIENT', 'KILL', 'TYPE', 'normal');
    await asked;
    // For longer than a socket may be silent.
    for (let count = 0; count < 3; count += 1) await client.brpop('nothing', BLOCKING_S);
    expect(cuts).toBe(1);
  } finally {
    redis.close();
  }
});

it('a password that is refused is not in the log, and the log has one line of it', async () => {
  const server = await farm.start();
  await server.run('CONFIG', 'SET', 'requirepass', 'right');
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const url = `redis://:very-secret@127.0.0.1:${server.port}`;
  const redis = new RedisConnections(loadConfig({ REDIS_URL: url }, ''), logger);
  expect(redis.commands).toBeDefined();
  await until('the log tells it', () => lines.length > 0);
  expect(await redis.state()).not.toBe('ok');
  redis.close();
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('very-secret');
  expect(lines[0]).toContain('WRONGPASS');
});
