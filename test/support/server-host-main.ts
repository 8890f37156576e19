// A process that starts and stops servers for one Jest worker: see server-host.ts.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const order = z.object({
  settings: z.record(z.string(), z.string()),
  /** @see Rig */
  rig: z.string().optional(),
});
/** How to stop each, by its address. */
const running = new Map<string, () => Promise<void>>();

/** Answers the address of the server that it has started. */
async function startOne(body: string): Promise<string> {
  const { settings, rig } = order.parse(JSON.parse(body));
  // Loaded only now, which takes a second: most spec files need no server.
  const { startHere } = await import('./start-here.js');
  const undo = rig === undefined ? () => undefined : await applied(rig);
  const server = await startHere(settings).catch((error: unknown) => {
    undo();
    throw error;
  });
  running.set(server.address, () => server.stop().finally(undo));
  return server.address;
}

/** Makes the change of a rig, and gives what undoes it. */
async function applied(rig: string): Promise<() => void> {
  const { default: apply } = (await import(rig)) as { default: () => () => void };
  return apply();
}

async function stopOne(address: string): Promise<string> {
  const stop = running.get(address);
  running.delete(address);
  await stop?.();
  return '';
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  try {
    response.end(await (request.method === 'POST' ? startOne(body) : stopOne(body)));
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.stack : String(error));
  }
}

const host = createServer((request, response) => void answer(request, response));
host.listen(0, '127.0.0.1');
await once(host, 'listening');
const address = host.address();
if (typeof address !== 'object' || !address) throw new Error('No port is free.');
process.on('disconnect', () => process.exit());
process.send?.(`http://127.0.0.1:${address.port}`);
