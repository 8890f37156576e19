import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Request } from 'express';
import { isVerified } from './verify.js';

/** One request that has come. */
export interface Arrival {
  /** The `webhook-id`: the id of the delivery, the same however often it is tried. */
  deliveryId: string;
  path: string;
  verified: boolean;
}

/** The other side of the webhooks, as one would write it with Express. `secrets` has the secret of each path. */
export async function startReceiver(secrets: ReadonlyMap<string, string>) {
  const arrivals: Arrival[] = [];
  const app = express();
  // The bytes as they were sent are what is signed: nobody may parse them before.
  app.use(express.raw({ type: () => true }));
  app.use((request, response) => {
    const { path } = request;
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    const texts = Object.fromEntries(headers) as Record<string, string>;
    const verified = isVerified(secrets.get(path) ?? '', signedContent(request), texts);
    arrivals.push({ deliveryId: texts['webhook-id'] ?? '', path, verified });
    response.status(verified ? 204 : 401).end();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${port}`, arrivals, stop };
}

function signedContent({ method, originalUrl, body }: Request): Buffer {
  if (method === 'GET') return Buffer.from(originalUrl.split('?')[1] ?? '');
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
