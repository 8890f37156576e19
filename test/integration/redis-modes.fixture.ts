import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RateLimitService } from '../../src/deliveries/queue/rate-limit.service.js';
import { type Certificate, freePort, TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { ApiAndWorker } from './api-and-worker.fixture.js';
import { RedisSide } from './handoff.fixture.js';

/** Under which the sentinels know the server. */
export const SENTINEL_NAME = 'bugle-test';
const LAST_SLOT = 16_383;

/** Redis servers, and the processes connected to them, that end together. */
export class RedisFarm {
  private readonly servers: TestRedis[] = [];
  private readonly opened: ApiAndWorker[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'bugle-redis-'));

  /** @param certificate of a server that speaks TLS only */
  constructor(private readonly certificate?: Certificate) {}

  async start(...settings: string[]): Promise<TestRedis> {
    const { certificate } = this;
    const server = await (certificate
      ? TestRedis.startTls(certificate, ...settings)
      : TestRedis.start(...settings));
    this.servers.push(server);
    return server;
  }

  /** Masters that share the slots and know each other. */
  async cluster(count: number): Promise<TestRedis[]> {
    const busPorts = await Promise.all(Array.from({ length: count }, freePort));
    const nodes = await Promise.all(busPorts.map((busPort) => this.startNode(busPort)));
    const [first] = nodes;
    const share = Math.ceil((LAST_SLOT + 1) / count);
    for (const [at, node] of nodes.entries()) {
      const end = Math.min((at + 1) * share - 1, LAST_SLOT);
      await node.run('CLUSTER', 'ADDSLOTSRANGE', at * share, end);
      await first?.run('CLUSTER', 'MEET', '127.0.0.1', node.port, busPorts[at] ?? 0);
    }
    await until('the cluster is ready', () => isWhole(nodes), 15_000);
    return nodes;
  }

  /** A master, a replica that has its data, and sentinels of which two have to agree that the master is away. */
  async sentinels() {
    const master = await this.start();
    const replica = await this.start('--replicaof', '127.0.0.1', String(master.port));
    await until('the replica follows', async () =>
      String(await replica.run('INFO', 'replication')).includes('master_link_status:up'),
    );
    const sentinels = await Promise.all([1, 2, 3].map((id) => this.sentinelOf(master, id, 2)));
    await until('the sentinels know each other and the replica', async () => {
      const seen = await Promise.all(sentinels.map(known));
      return seen.every(({ others, replicas }) => others === '2' && replicas === '1');
    });
    return { master, replica, sentinels };
  }

  /** @param quorum sentinels that have to agree that the master is away */
  async sentinelOf(master: TestRedis, id = 1, quorum = 1): Promise<TestRedis> {
    const file = join(this.folder, `sentinel-${id}.conf`);
    const lines = [
      `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${master.port} ${quorum}`,
      `sentinel down-after-milliseconds ${SENTINEL_NAME} 500`,
      `sentinel failover-timeout ${SENTINEL_NAME} 2000`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return await this.start(file, '--sentinel');
  }

  /** Two processes that have reached Redis. */
  async connect(settings: Record<string, string>): Promise<ApiAndWorker> {
    const both = new ApiAndWorker(await RedisSide.open(settings), await RedisSide.open(settings));
    this.opened.push(both);
    await both.areConnected();
    return both;
  }

  /** Ends the processes. */
  async disconnect(): Promise<void> {
    for (const both of this.opened.splice(0)) await both.close();
  }

  async end(): Promise<void> {
    await this.disconnect();
    for (const server of this.servers) await server.kill();
    rmSync(this.folder, { recursive: true });
  }

  private startNode(busPort: number): Promise<TestRedis> {
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-config-file': join(this.folder, `nodes-${busPort}.conf`),
      'cluster-port': String(busPort),
      'cluster-node-timeout': '1000',
      'cluster-announce-ip': '127.0.0.1',
      ...(this.certificate && { 'tls-cluster': 'yes' }),
    };
    return this.start(...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]));
  }
}

/** Whether every node sees every other, and all slots are served. */
export async function isWhole(nodes: readonly TestRedis[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => node.run('CLUSTER', 'INFO')));
  return infos
    .map(String)
    .every(
      (info) =>
        info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`),
    );
}

/**
 * Of two requests that each of two workers wants to make, how many have to wait for a limit of two: 2 when they count
 * together, and 0 when each counts for itself.
 */
export async function refusedOfFour(
  workers: readonly RateLimitService[],
  webhookId: string,
): Promise<number> {
  const limit = { requests: 2, seconds: 60 };
  const twice = [...workers, ...workers];
  const waits = await Promise.all(twice.map((worker) => worker.take(webhookId, limit)));
  return waits.filter((ms) => ms > 0).length;
}

/** How many other sentinels and replicas a sentinel knows. */
async function known(sentinel: TestRedis) {
  const words = (await sentinel.run('SENTINEL', 'MASTER', SENTINEL_NAME)) as string[];
  const after = (name: string) => words[words.indexOf(name) + 1];
  return { others: after('num-other-sentinels'), replicas: after('num-slaves') };
}
