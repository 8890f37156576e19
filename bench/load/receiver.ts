import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Told of each request when its last byte has come: the number its event was posted with. */
export type OnArrival = (number: number) => void;

/** Of these many first requests both signatures are checked; more would cost what is to be measured. */
const CHECKED = 100;

/** The other side of the webhook: counts by webhook-id, answers 204. */
export class Receiver {
  private readonly seen = new Set<string>();
  private readonly waiting: { count: number; resolve: () => void }[] = [];
  onArrival: OnArrival | undefined;
  /** How long it takes to answer, in milliseconds. */
  answerAfterMs = 0;
  /** Requests whose id had come before. */
  repeated = 0;
  /** The body for event number 0, to compare what two servers send. */
  sample = '';

  private constructor(
    private readonly server: Server,
    private readonly secret: string,
  ) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      const answer = () => response.writeHead(204).end();
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (this.answerAfterMs > 0) setTimeout(answer, this.answerAfterMs);
        else answer();
        this.note(request, chunks);
      });
    });
  }

  static async start(secret: string): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Receiver(server, secret);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** How many different webhook-ids have come. */
  get count(): number {
    return this.seen.size;
  }

  /** Resolves when that many different webhook-ids have come. */
  async received(count: number): Promise<void> {
    if (this.seen.size >= count) return;
    await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private note({ headers }: IncomingMessage, chunks: Buffer[]): void {
    const id = String(headers['webhook-id']);
    if (this.seen.has(id)) this.repeated++;
    this.seen.add(id);
    const body = Buffer.concat(chunks);
    const number = Number(/"number": ?(\d+)/.exec(body.toString('latin1'))?.[1]);
    if (this.seen.size <= CHECKED) this.check(id, headers, body.toString());
    if (number === 0) this.sample ||= body.toString();
    this.onArrival?.(number);
    while (this.seen.size >= (this.waiting[0]?.count ?? Infinity)) this.waiting.shift()?.resolve();
  }

  private check(id: string, headers: IncomingMessage['headers'], body: string): void {
    const key = Buffer.from(this.secret.slice('whsec_'.length), 'base64');
    const signed = `${id}.${String(headers['webhook-timestamp'])}.${body}`;
    const standard = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    const plain = createHmac('sha256', this.secret).update(body).digest('hex');
    if (headers['webhook-signature'] === standard && headers.signature === plain) return;
    throw new Error('A request has come whose signatures are not good.');
  }
}
