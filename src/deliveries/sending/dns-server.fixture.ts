import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** What a name server says to one question: addresses, nothing at all, or that it cannot or will not tell. */
export type DnsReply = readonly string[] | 'silent' | 'no such name' | 'failure' | 'refused';

/** What is said of a name, asked for IPv4 (A) or IPv6 (AAAA). */
export type Zone = (name: string, type: 'A' | 'AAAA') => DnsReply;

interface Question {
  name: string;
  type: 'A' | 'AAAA';
  /** The message up to the end of its question. */
  bytes: Buffer;
}

const HEADER_BYTES = 12;
const STATUSES = { 'no such name': 3, failure: 2, refused: 5 };

/** A name server on 127.0.0.1 that says what the test tells it to. */
export class DnsServer {
  /** Each name that was asked for, once for each question. */
  readonly asked: string[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly zone: Zone,
  ) {
    socket.on('message', (message, { port, address }) => {
      const answer = this.answerTo(questionOf(message));
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket, zone);
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  stop(): void {
    this.socket.close();
  }

  private answerTo(question: Question): Buffer | undefined {
    const { name, type } = question;
    this.asked.push(name);
    const reply = this.zone(name, type);
    if (reply === 'silent') return undefined;
    if (typeof reply === 'string') return replyTo(question, STATUSES[reply], []);
    const wanted = reply.filter((address) => isIP(address) === (type === 'A' ? 4 : 6));
    return replyTo(question, 0, wanted);
  }
}

function questionOf(bytes: Buffer): Question {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = bytes.readUInt16BE(at + 1) === 1 ? 'A' : 'AAAA';
  return { name: labels.join('.'), type, bytes: bytes.subarray(0, at + 5) };
}

function replyTo({ bytes }: Question, status: number, addresses: readonly string[]): Buffer {
  const head = Buffer.from(bytes);
  head.writeUInt16BE(0x8180 + status, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...addresses.map(recordOf)]);
}

function recordOf(address: string): Buffer {
  const data = isIP(address) === 4 ? address.split('.').map(Number) : ipv6Bytes(address);
  // The name of the question, the type, class IN, a minute to live.
  const start = [0xc0, HEADER_BYTES, 0, data.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 60];
  return Buffer.from([...start, 0, data.length, ...data]);
}

function ipv6Bytes(address: string): number[] {
  const [left = [], right = []] = address
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''));
  const gap = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...gap, ...right].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
