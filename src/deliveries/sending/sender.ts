import { Pool } from 'undici';
import type { AddressGuard } from '../../address-guard.js';
import { EgressProxy } from './egress-proxy.js';
import { Exchange } from './exchange.js';
import type { ExchangeLimits } from './exchange.js';
import { guardedConnector } from './guarded-connector.js';
import { GuardedLookup } from './guarded-lookup.js';
import type { Resolve } from './name-resolver.js';
import { OriginPools } from './origin-pools.js';
import type { Outcome } from './outcome.js';
import type { OutgoingRequest } from './request.js';
import { describeSendError } from './send-error.js';

const maxResponseHeaderBytes = 16 * 1024;
const idleSweepMs = 60_000;

/** What a sender works with. */
export interface SenderOptions extends ExchangeLimits {
  guard: AddressGuard;
  /** Limit for look-up, TCP and TLS together, in milliseconds. */
  connectTimeoutMs: number;
  /** An HTTP proxy through which everything goes; none unless given. */
  proxy?: URL;
  /** Connections to one origin, which all webhooks with that origin share; more requests wait. Default 64. */
  maxConnectionsPerOrigin?: number;
  /** Origins with open pools at a time. Default 512. */
  maxOrigins?: number;
  /** What this machine knows unless given. */
  resolve?: Resolve;
}

/**
 * Sends requests as they are: no redirect is followed, nothing is tried twice or decompressed, no forbidden address
 * is dialled. It never throws for what a receiver or the network does.
 *
 *     const sender = new Sender({ guard, connectTimeoutMs: 5_000, ...limits });
 *     const outcome = await sender.send(request);
 */
export class Sender {
  private readonly limits: ExchangeLimits;
  private readonly pools: OriginPools;
  private readonly proxy?: EgressProxy;
  private readonly sweeper: NodeJS.Timeout;
  private isClosed = false;

  /** @throws URIError when the credentials in the URL of the proxy are not percent-encoded well. */
  constructor(options: SenderOptions) {
    const { guard, resolve, proxy, connectTimeoutMs } = options;
    const { maxConnectionsPerOrigin = 64, maxOrigins = 512 } = options;
    this.limits = options;
    const names = new GuardedLookup({ guard, timeoutMs: connectTimeoutMs, resolve });
    this.proxy = proxy && new EgressProxy(proxy, names, connectTimeoutMs);
    const connect = this.proxy?.connect ?? guardedConnector(names, connectTimeoutMs);
    const open = (origin: string): Pool =>
      new Pool(origin, {
        connect,
        connections: maxConnectionsPerOrigin,
        maxHeaderSize: maxResponseHeaderBytes,
        // The exchange has one timer for everything.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    this.pools = new OriginPools(open, maxOrigins);
    this.sweeper = setInterval(() => this.pools.sweep(), idleSweepMs).unref();
  }

  /** One attempt. The body of a POST and the query of a GET go out as the bytes that were signed. */
  send(request: OutgoingRequest): Promise<Outcome> {
    if (this.isClosed) return Promise.resolve(notSent('UND_ERR_CLOSED'));
    const url = httpUrl(request.url);
    if (!url) return Promise.resolve(notSent('ERR_INVALID_URL'));
    return new Promise((resolve) => this.dispatch(request, url, resolve));
  }

  /** Takes nothing more, and ends the attempts in flight as `cancelled`. */
  async destroy(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.sweeper);
    await this.pools.destroy();
    await this.proxy?.destroy();
  }

  private dispatch(
    request: OutgoingRequest,
    url: URL,
    onOutcome: (outcome: Outcome) => void,
  ): void {
    const { method, headers, body, maskedHeaders } = request;
    this.pools
      .for(url.origin)
      .dispatch(
        { path: url.pathname + url.search, method, headers, body },
        new Exchange({ limits: this.limits, maskedHeaders, onOutcome }),
      );
  }
}

function httpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

function notSent(code: string): Outcome {
  return { kind: 'unreachable', error: describeSendError({ code }), durationMs: 0 };
}
