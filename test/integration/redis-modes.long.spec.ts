import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { RedisConnections } from '../../src/redis/index.js';
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
