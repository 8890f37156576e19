import { lookup } from 'node:dns/promises';
import { types } from 'node:util';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/index.js';
import { StartupError } from '../startup-error.js';

const NO_ADDRESS =
  'is no address of this machine; 0.0.0.0 stands for all those of IPv4, :: for all';
const UNKNOWN =
  'is neither an address nor a name that is known here; ::1 is written without brackets';
const WHY: ReadonlyMap<string, string> = new Map([
  ['EADDRNOTAVAIL', NO_ADDRESS],
  ['ENOTFOUND', UNKNOWN],
  // No name server could be asked.
  ['EAI_AGAIN', UNKNOWN],
]);

/**
 * Takes requests from now on. Answers where: http://host:port
 * @throws StartupError
 */
export async function listen(
  app: NestFastifyApplication,
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
): Promise<string> {
  try {
    const host = await oneAddress(HOST);
    // Not through Nest, which would log the failure a second time in its own way.
    await app.getHttpAdapter().getInstance().listen({ port: PORT, host });
    const address = app.getHttpServer().address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  } catch (error) {
    throw refusal(error, HOST, PORT);
  }
}

/**
 * For the other address of `localhost` Fastify would open a second server, of which what we have hung onto the first one
 * knows nothing: how it closes, what it refuses. Whoever asks for that name tries IPv4 as well.
 */
async function oneAddress(host: string): Promise<string> {
  return host === 'localhost' ? (await lookup(host, { order: 'ipv4first' })).address : host;
}

function refusal(error: unknown, host: string, port: number): StartupError {
  const code = types.isNativeError(error) ? String(Reflect.get(error, 'code')) : '';
  if (code === 'EADDRINUSE') {
    const message = `${port} is in use by another program. Stop it, or set another PORT`;
    return new StartupError('PORT', message);
  }
  const message = `${host} ${WHY.get(code) ?? `port ${port} cannot be listened on: ${code}`}`;
  return new StartupError('HOST', message, { cause: error });
}
