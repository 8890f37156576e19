import { HealthService } from '../../src/health/index.js';
import { startTestServerHere } from '../support/server-here.js';
import { until } from '../support/until.js';

it('is not ready any more from the moment at which a server is told to stop', async () => {
  const server = await startTestServerHere();
  const health = server.app.get(HealthService);
  const fastify = server.app.getHttpAdapter().getInstance();
  await expect(health.requireReady()).resolves.toBeUndefined();
  const stopped = server.stop();
  await until('it closes', () => fastify.isClosing);
  await expect(health.requireReady()).rejects.toMatchObject({ status: 503, code: 'stopping' });
  await stopped;
});

it('of localhost it has one address, so that stopping reaches all of its connections', async () => {
  const server = await startTestServerHere({ HOST: 'localhost' });
  expect(server.app.getHttpAdapter().getInstance().addresses()).toHaveLength(1);
  expect(server.address).toMatch(/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
  expect((await fetch(`${server.address}/healthz`)).status).toBe(200);
  await server.stop();
});
