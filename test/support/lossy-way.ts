import { connect, createServer, type Server, type Socket } from 'node:net';
import { socketOf, urlThrough } from './gate.js';

/** A way to PostgreSQL on which something gets lost, and nobody is told. */
export class LossyWay {
  private isSilent = false;
  private isLost: (text: string) => boolean = () => false;
  private readonly sockets = new Set<Socket>();
  private readonly lines = new Set<{ isDead: boolean }>();

  private constructor(
    private readonly server: Server,
    /** Of PostgreSQL itself. */
    private readonly socketPath: string,
    /** The database's URL, on this way. */
    readonly url: string,
  ) {
    server.on('connection', (socket) => this.pass(socket));
  }

  /** To the database of a URL that names the folder of a socket. */
  static async to(databaseUrl: string): Promise<LossyWay> {
    const server = createServer();
    return new LossyWay(server, socketOf(databaseUrl), await urlThrough(server, databaseUrl));
  }

  /** From now on nothing comes through, in neither direction. Connections stay open, and are taken. */
  silence(): void {
    this.isSilent = true;
    for (const line of this.lines) line.isDead = true;
  }

  /** For new connections. What was lost on others stays lost: whoever has one waits on it in vain. */
  speak(): void {
    this.isSilent = false;
  }

  /** Once: of a transaction that says such a thing the COMMIT gets there, and the connection breaks before the answer. */
  loseAnswerToCommitOf(isSaid: (text: string) => boolean): void {
    this.isLost = isSaid;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(socket: Socket): void {
    const database = connect(this.socketPath);
    const line = { isDead: this.isSilent };
    this.lines.add(line);
    let isMeant = false;
    let hasCommitted = false;
    socket.on('data', (chunk) => {
      if (line.isDead) return;
      const text = chunk.toString('latin1');
      isMeant ||= this.isLost(text);
      hasCommitted ||= isMeant && text.includes('COMMIT');
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (line.isDead) return;
      if (!hasCommitted) return void socket.write(chunk);
      this.isLost = () => false;
      socket.destroy();
    });
    this.onClose(socket, () => database.destroy());
    this.onClose(database, () => line.isDead || socket.destroy());
  }

  private onClose(socket: Socket, then: () => void): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      then();
    });
  }
}
