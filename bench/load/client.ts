import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** An HTTP answer. */
export interface Answer {
  status: number;
  body: string;
}

/**
 * One keep-alive connection, one request at a time. By hand on a socket, because load generator and server share
 * the machine: an HTTP client library would take a good part of what is to be measured.
 */
export class KeepAliveClient {
  private received = '';
  private pending: Pending | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => this.take(text));
    socket.on('error', (error) => this.pending?.reject(error));
    socket.on('close', () => this.pending?.reject(new Error('The server closed a connection.')));
  }

  static async open(address: string): Promise<KeepAliveClient> {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new KeepAliveClient(socket);
  }

  static openMany(address: string, count: number): Promise<KeepAliveClient[]> {
    return Promise.all(Array.from({ length: count }, () => KeepAliveClient.open(address)));
  }

  /** Sends the bytes of a whole request, as `postRequest` makes them. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.pending = undefined;
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const start = this.received.indexOf('\r\n\r\n') + 4;
    if (start < 4) return;
    const head = this.received.slice(0, start);
    const end = start + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.received.length < end) return;
    const answer = { status: Number(head.slice(9, 12)), body: this.received.slice(start, end) };
    this.received = this.received.slice(end);
    const { pending } = this;
    this.pending = undefined;
    pending?.resolve(answer);
  }
}

/** The bytes of a POST of one JSON text. */
export function postRequest(path: string, key: string, json: string): Buffer {
  const body = Buffer.from(json);
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
