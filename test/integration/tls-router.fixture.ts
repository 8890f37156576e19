import { readFileSync } from 'node:fs';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { certificateFile, freePort } from '../support/redis.js';

/** A proxy before a Redis that speaks TLS: it lets those in who say that they want `localhost` (SNI), and nobody else. */
export class TlsRouter {
  private readonly sockets = new Set<TLSSocket>();
  private readonly server;

  private constructor(
    readonly port: number,
    private readonly redisPort: number,
  ) {
    const pem = readFileSync(certificateFile('good'));
    this.server = createServer({ cert: pem, key: pem }, (socket) => this.route(socket));
  }

  static async to(redisPort: number): Promise<TlsRouter> {
    const router = new TlsRouter(await freePort(), redisPort);
    await new Promise<void>((resolve) => router.server.listen(router.port, '127.0.0.1', resolve));
    return router;
  }

  /** How many connections it has let in. */
  get letIn(): number {
    return this.sockets.size;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private route(socket: TLSSocket): void {
    socket.on('error', () => undefined);
    if (socket.servername !== 'localhost') {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    const redis = connect({ port: this.redisPort, host: '127.0.0.1', rejectUnauthorized: false });
    redis.on('error', () => socket.destroy());
    redis.on('close', () => socket.destroy());
    socket.on('close', () => redis.destroy());
    socket.pipe(redis).pipe(socket);
  }
}
