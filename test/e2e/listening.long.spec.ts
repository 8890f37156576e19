import { Server } from 'node:net';
import { jest } from '@jest/globals';
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
  const listen = jest.spyOn(Server.prototype, 'listen');
  const server = await startTestServerHere({ HOST: 'localhost' });
  // Given the name, Fastify would listen on each of its addresses, where there are several.
  const hosts = listen.mock.calls.map(([place]) => place);
  listen.mockRestore();
  const health = await fetch(`${server.address}/healthz`);
  await server.stop();
  const host: unknown = expect.stringMatching(/^(127\.0\.0\.1|::1)$/);
  expect(hosts).toEqual([expect.objectContaining({ host })]);
  expect(server.address).toMatch(/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
  expect(health.status).toBe(200);
});

it.each([
  ['[::1]', 'without brackets'],
  ['192.0.2.1', 'no address of this machine'],
])('says of the HOST %s why it does not start', async (HOST, why) => {
  await expect(startTestServerHere({ HOST })).rejects.toThrow(why);
});
