import { jest } from '@jest/globals';
import { Client } from '../support/client.js';
import { Gate } from '../support/gate.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { Scene } from './scene.fixture.js';
import { verdictOf } from './verdict.fixture.js';

jest.setTimeout(400_000);

let gate: Gate;
let scene: Scene;

beforeAll(async () => {
  const postgres = await OwnPostgres.start();
  gate = await Gate.before(postgres.url);
  const databaseUrl = gate.url;
  const given = { seed: 1, postgres, databaseUrl };
  scene = await Scene.set('PostgreSQL fails over', ['api', 'worker'], given);
});
afterAll(async () => {
  await scene.strike();
  gate.stop();
});

/** The replica takes over, at the address that the primary had. */
async function promote(replica: OwnPostgres): Promise<void> {
  await replica.promote();
  scene.cast.postgres = replica;
  gate.lead(replica.url);
}

it.each<[string, (primary: OwnPostgres) => Promise<void>]>([
  ['was shut down', (primary) => primary.end('SIGINT')],
  ['was killed', (primary) => primary.end('SIGKILL')],
  // It commits nothing any more that anybody hears of: the replica for which commits wait is none now.
  ['still runs', () => Promise.resolve()],
])('a replica takes over from a primary that %s', async (how, fail) => {
  const primary = scene.cast.postgres;
  scene.inflicted.push(`failover from a primary that ${how}`);
  scene.allowed += await scene.held();
  const replica = await primary.replica();
  await scene.works();

  scene.allowed += await scene.held();
  await fail(primary);
  await promote(replica);
  await expect(scene.works()).resolves.toBeUndefined();
  await primary.remove();
});

it('while the only replica is away nothing is accepted, and all goes on when it is back', async () => {
  const [tenant] = scene.cast.tenants;
  const [address = ''] = scene.cast.fleet.addresses();
  scene.inflicted.push('a replica that was away');
  scene.allowed += await scene.held();
  const replica = await scene.cast.postgres.replica();
  await scene.works();

  scene.allowed += await scene.held();
  await replica.end('SIGKILL');
  const event = { type: 'user.created', data: {} };
  const { status, body } = await new Client(address, tenant?.key).post('/v1/events', event);
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });

  await replica.start();
  await scene.works();
});

it('nothing of what was answered 202 is lost', async () => {
  expect(await verdictOf(scene)).toEqual([]);
});
