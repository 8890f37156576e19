import { jest } from '@jest/globals';
import { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { inflictAll, POSTGRES_FAULTS } from './faults.fixture.js';
import { Scene } from './scene.fixture.js';
import { verdictOf } from './verdict.fixture.js';

jest.setTimeout(400_000);

const event = { type: 'user.created', data: {} };
const SOON_MS = 2_000;

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.set('PostgreSQL comes and goes', ['api', 'worker'], { seed: 1 });
});
afterAll(() => scene.strike());

const stranger = () => new Client(scene.cast.fleet.addresses()[0] ?? '');
const statusOf = async (path: string) => (await stranger().get(path)).status;

it('while it is away a publication is refused at once, and every process says that it is not ready', async () => {
  const [tenant] = scene.cast.tenants;
  await scene.works();
  await scene.cast.postgres.end('SIGINT');
  const started = performance.now();
  const { status, headers, body } = await stranger().as(tenant?.key).post('/v1/events', event);
  expect(performance.now() - started).toBeLessThan(SOON_MS);
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await statusOf('/readyz')).toBe(503);
  expect(await statusOf('/healthz')).toBe(200);

  await scene.cast.postgres.start();
  await until('it is ready again', async () => (await statusOf('/readyz')) === 200);
  scene.allowed += await scene.held();
  await scene.works();
});

it.each<[string, 'takeNoWrites' | 'fence']>([
  ['takes no writes', 'takeNoWrites'],
  ['lets nobody in', 'fence'],
])('one that %s is as good as away, and all goes on when it does again', async (_, change) => {
  const [tenant] = scene.cast.tenants;
  const back = await scene.cast.postgres[change]();
  try {
    const { status, headers, body } = await stranger().as(tenant?.key).post('/v1/events', event);
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statusOf('/readyz')).toBe(503);
  } finally {
    await back();
  }
  await until('it is ready again', async () => (await statusOf('/readyz')) === 200);
  scene.allowed += await scene.held();
  await scene.works();
});

it('after every way for it to end or to hang, all goes on by itself and nothing is lost', async () => {
  await inflictAll(scene, POSTGRES_FAULTS);
  expect(await verdictOf(scene)).toEqual([]);
});
