import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { AddressGuard } from '../../src/address-guard.js';
import type { AnsweredOutcome, Outcome } from '../../src/deliveries/sending/outcome.js';
import type { OutgoingRequest } from '../../src/deliveries/sending/request.js';
import { Sender } from '../../src/deliveries/sending/sender.js';
import type { SenderOptions } from '../../src/deliveries/sending/sender.js';

const LIMITS = {
  connectTimeoutMs: 5_000,
  timeoutMs: 5_000,
  maxResponseBytes: 64 * 1024,
  keepResponseBytes: 16 * 1024,
};

/** What a receiver does when a request has arrived. */
export type Answer = (socket: Socket, request: string) => void;

/** The bytes of an HTTP answer with a correct content-length; the body is ASCII. */
export function http(status: string, body = '', ...headers: string[]): string {
  const length = `content-length: ${body.length}`;
  return [`HTTP/1.1 ${status}`, length, ...headers, '', body].join('\r\n');
}

/** Answers every request with these bytes. */
export function saying(bytes: string | Buffer): Answer {
  return (socket) => {
    socket.write(bytes);
  };
}

/** Listens on a free port of 127.0.0.1 and gives it. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A receiver without an HTTP library: it notes each request's bytes (as Latin-1) and answers with any bytes. */
export class RawReceiver {
  readonly requests: string[] = [];
  readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly answer: Answer) {
    this.server = createServer((socket) => this.serve(socket));
  }

  /** Its origin, once it listens. */
  async open(): Promise<string> {
    return `http://127.0.0.1:${await listen(this.server)}`;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when that many requests have arrived. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.server, 'noted');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      const end = text.indexOf('\r\n\r\n') + 4;
      if (end < 4 || text.length < end + length) return;
      const request = text.slice(0, end + length);
      text = text.slice(end + length);
      this.requests.push(request);
      this.server.emit('noted');
      this.answer(socket, request);
    });
  }
}

/** One sender and one receiver on 127.0.0.1 that it may call. */
export class Trial {
  private constructor(
    readonly receiver: RawReceiver,
    readonly sender: Sender,
    readonly origin: string,
  ) {}

  static async start(answer: Answer, options: Partial<SenderOptions> = {}): Promise<Trial> {
    const receiver = new RawReceiver(answer);
    const origin = await receiver.open();
    const guard = new AddressGuard(['127.0.0.0/8']);
    return new Trial(receiver, new Sender({ ...LIMITS, guard, ...options }), origin);
  }

  async stop(): Promise<void> {
    await this.sender.destroy();
    this.receiver.close();
  }

  /** Sends a small POST with these differences. */
  send(differences: Partial<OutgoingRequest> = {}): Promise<Outcome> {
    return this.sender.send({
      method: 'POST',
      url: `${this.origin}/hook`,
      headers: { 'content-type': 'application/json' },
      body: '{}',
      maskedHeaders: [],
      ...differences,
    });
  }

  /** The same, where an answer is expected. */
  async answered(differences: Partial<OutgoingRequest> = {}): Promise<AnsweredOutcome> {
    const outcome = await this.send(differences);
    if (outcome.kind === 'unreachable') throw new Error(outcome.error.message);
    return outcome;
  }

  /** The same, in short: the code of the failure, or `delivered 200`. */
  async codeOf(differences: Partial<OutgoingRequest> = {}): Promise<string> {
    const outcome = await this.send(differences);
    if (outcome.kind === 'unreachable') return outcome.error.code;
    return `${outcome.kind} ${outcome.statusCode}`;
  }
}
