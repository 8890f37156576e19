import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { newId } from '../../src/database/index.js';
import { RedisConnections } from '../../src/redis/index.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { looking, Outbox, RedisSide } from './handoff.fixture.js';

/** A node that never met another does not know its own address. */
const KNOWN = ['--cluster-announce-ip', '127.0.0.1'];

let folder: string;
let servers: TestRedis[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bugle-redis-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.kill();
  rmSync(folder, { recursive: true });
});

async function start(...settings: string[]): Promise<TestRedis> {
  const server = await TestRedis.start(...settings);
  servers.push(server);
  return server;
}

/** What gets from one process to another, and what should: an event and a webhook. */
async function handedOver(settings: Record<string, string>) {
  const [api, worker] = await Promise.all([RedisSide.open(settings), RedisSide.open(settings)]);
  await until('Redis is connected', async () => (await api.connections.state()) === 'ok');
  const outbox = new Outbox();
  const [from, to] = [api.events(outbox), worker.events(outbox)];
  const [fromDeliveries, toDeliveries] = [api.deliveries(), worker.deliveries()];
  const seen: string[] = [];
  to.consume((_, events) => Promise.resolve(void seen.push(...events.map(({ id }) => id))));
  toDeliveries.consume(looking((ids) => seen.push(...ids)));
  const [webhook, [event]] = [newId(), outbox.store(newId(), 1)];
  if (event) from.announce([event]);
  fromDeliveries.announce([webhook]);
  await until('both have come', () => seen.length === 2);
  await Promise.all([from, to, fromDeliveries, toDeliveries].map((each) => each.close()));
  api.close();
  worker.close();
  return { seen: new Set(seen), announced: new Set([webhook, event?.id]) };
}

it('a cluster', async () => {
  const file = join(folder, 'nodes.conf');
  const node = await start('--cluster-enabled', 'yes', '--cluster-config-file', file, ...KNOWN);
  await node.run('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
  await until('the cluster is ready', async () =>
    String(await node.run('CLUSTER', 'INFO')).includes('cluster_state:ok'),
  );
  const { seen, announced } = await handedOver({
    REDIS_URL: node.url,
    BUGLE_REDIS_MODE: 'cluster',
  });
  expect(seen).toEqual(announced);
});

it('a server that sentinels know', async () => {
  const server = await start();
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `sentinel monitor bugle-test 127.0.0.1 ${server.port} 1\n`);
  const sentinel = await start(file, '--sentinel');
  const { seen, announced } = await handedOver({
    REDIS_URL: sentinel.url,
    BUGLE_REDIS_MODE: 'sentinel',
    BUGLE_REDIS_SENTINEL_NAME: 'bugle-test',
  });
  expect(seen).toEqual(announced);
});

it('a server with a password, in a database of its own', async () => {
  const server = await start();
  await server.run('CONFIG', 'SET', 'requirepass', 'p@ss/word');
  const { seen, announced } = await handedOver({
    REDIS_URL: `redis://:p%40ss%2Fword@127.0.0.1:${server.port}/3`,
  });
  expect(seen).toEqual(announced);
});

it('a password that is refused is not in the log, and the log has one line of it', async () => {
  const server = await start();
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
