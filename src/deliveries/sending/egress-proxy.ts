import { Socket } from 'node:net';
import { Pool, buildConnector } from 'undici';
import type { GuardedLookup } from './guarded-lookup.js';
import { ProxyError, UnreachableThroughProxyError, errorCode } from './send-error.js';

/** The proxy was asked and said nothing: it waits for the receiver. */
export class TunnelTimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

type Target = buildConnector.Options;

/** Statuses by which a proxy says that it is the receiver who does not answer. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Connects through an HTTP proxy, by a tunnel (CONNECT) for http and https alike, so the proxy sees and changes no
 * request. The name is looked up and judged here, and the proxy is asked for that very address: looked up a second time
 * the name could be somewhere else (DNS rebinding).
 */
export class EgressProxy {
  private readonly tunnels: Pool;
  private readonly authorization: Record<string, string>;
  private readonly secure: buildConnector.connector;

  /** @throws URIError when the user name or the password in the URL is not percent-encoded well. */
  constructor(
    proxy: URL,
    private readonly names: GuardedLookup,
    connectTimeoutMs: number,
  ) {
    this.authorization = authorizationOf(proxy);
    this.secure = buildConnector({ timeout: connectTimeoutMs });
    this.tunnels = new Pool(proxy.origin, {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: connectTimeoutMs,
    });
  }

  /** A connector for undici. */
  readonly connect: buildConnector.connector = (target, connected) => {
    this.open(target).then(
      (socket) => this.hand(target, socket, connected),
      (error: Error) => connected(error, null),
    );
  };

  /** Ends what is being connected. */
  destroy(): Promise<void> {
    return this.tunnels.destroy();
  }

  private async open(target: Target): Promise<Socket> {
    let lastStatus = '';
    for (const address of await this.names.addressesOf(target.hostname)) {
      const { statusCode, socket } = await this.ask(authorityOf(address, target));
      if (statusCode >= 200 && statusCode < 300) return socket;
      socket.on('error', () => undefined).destroy();
      lastStatus = `status ${statusCode}`;
      if (!gatewayStatuses.has(statusCode)) throw new ProxyError(lastStatus);
    }
    throw new UnreachableThroughProxyError(lastStatus);
  }

  // No error of the proxy may pass as it is: undici would connect again and again for a code that it takes for its own.
  private async ask(path: string): Promise<{ statusCode: number; socket: Socket }> {
    try {
      const headers = { ...this.authorization, host: path };
      const { statusCode, socket } = await this.tunnels.connect({ path, headers });
      if (!(socket instanceof Socket)) throw new ProxyError('');
      return { statusCode, socket };
    } catch (error) {
      const code = errorCode(error);
      throw code === 'UND_ERR_HEADERS_TIMEOUT' ? new TunnelTimeoutError() : new ProxyError(code);
    }
  }

  private hand(target: Target, socket: Socket, connected: buildConnector.Callback): void {
    if (target.protocol === 'https:') this.secure({ ...target, httpSocket: socket }, connected);
    else connected(null, socket);
  }
}

function authorityOf(address: string, { port, protocol }: Target): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${host}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
