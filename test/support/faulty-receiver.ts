import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { randomOf } from './random.js';

/** What became of one `webhook-id` at the receiver. */
export interface Seen {
  /** Requests that have arrived whole. */
  requests: number;
  /** Of these, the ones that came when it had been answered 2xx before. */
  surplus: number;
  isAnswered: boolean;
}

type Behaviour = (response: ServerResponse, random: () => number) => Promise<void> | void;

/** How a receiver may behave, by the path under which it is called. */
const BEHAVIOURS = {
  good: (response) => answer(response, 200),
  slow: async (response) => {
    await pause(40);
    answer(response, 200);
  },
  half: (response, random) => answer(response, random() < 0.5 ? 500 : 200),
  resets: (response, random) => {
    if (random() < 0.3) response.socket?.resetAndDestroy();
    else answer(response, 200);
  },
  hangs: (response, random) => {
    if (random() > 0.05) answer(response, 204);
  },
  drips: async (response, random) => {
    if (random() > 0.05) return answer(response, 200);
    response.writeHead(200, { 'content-length': '600' });
    while (!response.destroyed) {
      response.write('.');
      await pause(20);
    }
  },
  throttles: (response, random) => {
    const second = new Date(Date.now() + 1_000).toUTCString();
    if (random() < 0.05) answer(response, 429, random() < 0.5 ? '1' : second);
    else answer(response, 200);
  },
  never: (response) => answer(response, 500),
} satisfies Record<string, Behaviour>;

export type Manner = keyof typeof BEHAVIOURS;

function answer(response: ServerResponse, status: number, retryAfter?: string): void {
  response.writeHead(status, retryAfter ? { 'retry-after': retryAfter } : {}).end();
}

/** Receivers as they are in the world, on one port. Counts requests by `webhook-id` and keeps nothing else of them. */
export class FaultyReceiver {
  readonly seen = new Map<string, Seen>();
  private readonly random: () => number;

  private constructor(
    private readonly server: Server,
    private readonly origin: string,
    seed: number,
  ) {
    this.random = randomOf(seed);
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(seed: number): Promise<FaultyReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return new FaultyReceiver(server, `http://127.0.0.1:${port}`, seed);
  }

  /** Where to call it for this behaviour. */
  url(manner: Manner): string {
    return `${this.origin}/${manner}`;
  }

  /** Requests beyond the first that was answered 2xx. */
  get surplus(): number {
    return [...this.seen.values()].reduce((sum, { surplus }) => sum + surplus, 0);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      for await (const _ of request);
    } catch {
      return;
    }
    const seen = this.note(String(request.headers['webhook-id']));
    // The status line decides, whatever becomes of the body.
    const noteAnswer = () =>
      (seen.isAnswered ||= response.headersSent && response.statusCode < 300);
    response.once('finish', noteAnswer);
    const manner = request.url?.slice(1) ?? '';
    const behaving = BEHAVIOURS[isManner(manner) ? manner : 'good'](response, this.random);
    noteAnswer();
    await behaving;
  }

  private note(id: string): Seen {
    const seen = this.seen.get(id) ?? { requests: 0, surplus: 0, isAnswered: false };
    this.seen.set(id, seen);
    seen.requests += 1;
    if (seen.isAnswered) seen.surplus += 1;
    return seen;
  }
}

function isManner(name: string): name is Manner {
  return Object.hasOwn(BEHAVIOURS, name);
}
