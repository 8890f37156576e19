import { createServer, type Server, type Socket, connect } from 'node:net';
import { listen } from './sending-trial.js';

/** What the proxy does when asked for a tunnel: open it, to all addresses or to one only, or answer bytes. */
export type ProxyAnswer = 'open' | { reaches: string } | { bytes: string } | 'silent' | 'hang up';

/** A CONNECT proxy on 127.0.0.1 that notes what it was asked. */
export class ConnectProxy {
  /** The heads of the requests, as they came. */
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private answer: ProxyAnswer,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(answer: ProxyAnswer = 'open'): Promise<ConnectProxy> {
    const server = createServer();
    return new ConnectProxy(server, await listen(server), answer);
  }

  /** From now on it does this. */
  answers(answer: ProxyAnswer): void {
    this.answer = answer;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    this.keep(socket);
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      this.asked.push(head);
      this.reply(socket, head);
    };
    socket.on('data', onData);
  }

  private reply(socket: Socket, head: string): void {
    const { answer } = this;
    if (answer === 'silent') return;
    if (answer === 'hang up') socket.destroy();
    else if (typeof answer === 'object' && 'bytes' in answer) socket.end(answer.bytes);
    else this.open(socket, head, answer === 'open' ? undefined : answer.reaches);
  }

  private open(socket: Socket, head: string, reaches?: string): void {
    const [, host = '', port = ''] =
      /^CONNECT \[?([^\s\]]+)\]?:(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    if (reaches !== undefined && reaches !== host) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    this.keep(onward);
    onward.on('error', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
  }
}
