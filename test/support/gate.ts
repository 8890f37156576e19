import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen } from './sending-trial.js';

/** A way to PostgreSQL that can be shut (to the server behind it, the database is away then), and can lead elsewhere. */
export class Gate {
  /** Connections that found it shut. */
  refused = 0;
  private isOpen = true;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Of PostgreSQL itself. */
    private socketPath: string,
    /** The database's URL, through the gate. */
    readonly url: string,
  ) {
    server.on('connection', (socket) => this.pass(socket));
  }

  /** Before the database of a test server: its URL names the folder of a socket. */
  static async before(databaseUrl: string): Promise<Gate> {
    const server = createServer();
    return new Gate(server, socketOf(databaseUrl), await urlThrough(server, databaseUrl));
  }

  /** From now on it leads to this one: connections that it has are cut off. */
  lead(databaseUrl: string): void {
    this.socketPath = socketOf(databaseUrl);
    this.cutOff();
  }

  open(): void {
    this.isOpen = true;
  }

  /** Cuts off what is connected, and lets nobody in. */
  shut(): void {
    this.isOpen = false;
    this.cutOff();
  }

  stop(): void {
    this.shut();
    this.server.close();
  }

  private cutOff(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(socket: Socket): void {
    socket.on('error', () => undefined);
    if (!this.isOpen) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    const database = connect(this.socketPath);
    for (const [from, to] of [
      [socket, database],
      [database, socket],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

/** The database's URL, when one comes to it through this server. */
export async function urlThrough(server: Server, databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  url.search = '';
  url.host = `127.0.0.1:${await listen(server)}`;
  return url.href;
}

/** The socket of PostgreSQL itself: the URL names its folder. */
export function socketOf(databaseUrl: string): string {
  const { host, port } = Object.fromEntries(new URL(databaseUrl).searchParams);
  return `${host}/.s.PGSQL.${port}`;
}
