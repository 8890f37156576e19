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
