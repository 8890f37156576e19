import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.js';
import { RedisConnections } from '../../src/redis/index.js';
import { type Certificate, certificateFile, freePort } from '../support/redis.js';
import { until } from '../support/until.js';
import { RedisFarm, SENTINEL_NAME } from './redis-modes.fixture.js';
import { TlsRouter } from './tls-router.fixture.js';

const MODES = ['single', 'sentinel', 'cluster'] as const;
const CA = { BUGLE_REDIS_CA_FILE: certificateFile('ca') };

let farm: RedisFarm;
let refused: RedisConnections | undefined;
let routers: TlsRouter[] = [];

afterEach(async () => {
  refused?.close();
  for (const router of routers.splice(0)) router.close();
  await farm.end();
});

/** A Redis that speaks TLS only, and what a process is told of it. */
async function start(mode: (typeof MODES)[number], certificate: Certificate = 'good') {
  farm = new RedisFarm(certificate);
  const [server] = mode === 'cluster' ? await farm.cluster(3) : [await farm.start()];
  if (!server) throw new Error('No server was started.');
  const asked = mode === 'sentinel' ? await farm.sentinelOf(server) : server;
  return {
    REDIS_URL: asked.url,
    BUGLE_REDIS_MODE: mode,
    BUGLE_REDIS_SENTINEL_NAME: SENTINEL_NAME,
  };
}

/** What the log says of a server that is not to be trusted. */
async function refusal(settings: Record<string, string>): Promise<string> {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const secret = settings['REDIS_URL']?.replace('//', '//:very-secret@') ?? '';
  const config = loadConfig({ ...settings, REDIS_URL: secret }, '');
  const redis = new RedisConnections(config, logger);
  refused = redis;
  expect(await redis.state()).toBe('unreachable');
  await until('the log tells it', () => lines.length > 0);
  await until('it is tried again', async () => (await redis.state()) === 'unreachable');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('very-secret');
  return String((JSON.parse(lines[0] ?? '') as { reason?: unknown }).reason);
}

describe.each(MODES)('%s', (mode) => {
  it('with a certificate of an authority that was named', async () => {
    const settings = await start(mode);
    const both = await farm.connect({ ...settings, ...CA });
    both.work();
    const announced = await both.handOver();
    expect(both.seen).toEqual(announced);
  });

  it('refuses an authority that nobody knows, and says what to do', async () => {
    expect(await refusal(await start(mode))).toMatch(
      /^The TLS handshake failed: .*certificate.*BUGLE_REDIS_CA_FILE\.$/,
    );
  });

  it('refuses a certificate for another name, and says what to do', async () => {
    const settings = await start(mode, 'wrong-host');
    expect(await refusal({ ...settings, ...CA })).toMatch(/127\.0\.0\.1.*REDIS_URL\.$/);
  });
});

it('takes the number that a node tells for the name that REDIS_URL has', async () => {
  const settings = await start('cluster');
  const REDIS_URL = settings.REDIS_URL.replace('127.0.0.1', 'localhost');
  const both = await farm.connect({ ...settings, ...CA, REDIS_URL });
  both.work();
  const announced = await both.handOver();
  expect(both.seen).toEqual(announced);
});

it('tells every node of a cluster the name by which it is known, for those who route by it', async () => {
  farm = new RedisFarm('good');
  const [node] = await farm.cluster(1);
  if (!node) throw new Error('No server was started.');
  const [named, told] = [await TlsRouter.to(node.port), await TlsRouter.to(node.port)];
  routers = [named, told];
  await node.run('CONFIG', 'SET', 'cluster-announce-hostname', 'localhost');
  await node.run('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname');
  await node.run('CONFIG', 'SET', 'cluster-announce-tls-port', told.port);
  const REDIS_URL = `rediss://localhost:${named.port}`;
  const both = await farm.connect({ ...CA, REDIS_URL, BUGLE_REDIS_MODE: 'cluster' });
  both.work();
  expect(await both.handOver()).toEqual(both.seen);
  expect([named.letIn > 0, told.letIn > 0]).toEqual([true, true]);
});

it.each(['sentinel', 'cluster'] as const)(
  'says what to do although the first address of REDIS_URL is of nobody: %s',
  async (mode) => {
    const settings = await start(mode);
    const REDIS_URL = `rediss://127.0.0.1:${await freePort()},${settings.REDIS_URL}`;
    expect(await refusal({ ...settings, REDIS_URL })).toContain('BUGLE_REDIS_CA_FILE');
  },
);

it('refuses a certificate that has expired', async () => {
  const settings = await start('single', 'expired');
  expect(await refusal({ ...settings, ...CA })).toContain('Renew the certificate');
});
