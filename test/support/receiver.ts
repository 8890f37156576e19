import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until.js';

/** A request as it arrived. */
export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Record<string, string>;
  /** The exact bytes, as text. */
  body: string;
  /** `Date.now()` when its last byte had arrived. */
  receivedAt: number;
}

/** What the receiver does with a request; 200 at once when nothing is said. */
export interface ReceiverAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  delayMs?: number;
  /** Never answers; the connection stays open until it is cut, the receiver stops or the sender gives up. */
  hang?: boolean;
}

/** One answer for every request, or a function of the request and its number, from 0. */
export type Script = ReceiverAnswer | ((request: ReceivedRequest, index: number) => ReceiverAnswer);

/** The other side of a webhook: a real HTTP server on 127.0.0.1 that notes every request. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];

  private constructor(
    private readonly server: Server,
    /** http://127.0.0.1:port/hook */
    readonly url: string,
    private script: Script,
  ) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(script: Script = {}): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return new Receiver(server, `http://127.0.0.1:${port}/hook`, script);
  }

  /** From now on it answers like this. */
  answer(script: Script): void {
    this.script = script;
  }

  /** Resolves with all requests when at least that many have arrived. */
  received(count: number, withinMs?: number): Promise<ReceivedRequest[]> {
    return until(
      `${count} requests have arrived at the receiver`,
      () => this.requests.length >= count && this.requests,
      withinMs,
    );
  }

  /** Cuts all connections: who still waits for an answer gets none. */
  cut(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await read(request);
    if (!received) return;
    const index = this.requests.push(received) - 1;
    const answer = typeof this.script === 'function' ? this.script(received, index) : this.script;
    if (answer.hang) return;
    if (answer.delayMs) await pause(answer.delayMs);
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '');
  }
}

/** Undefined when the sender goes away in the middle. */
async function read(request: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const { method = '', url = '' } = request;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  try {
    return { method, url, headers, body: await text(request), receivedAt: Date.now() };
  } catch {
    return undefined;
  }
}
