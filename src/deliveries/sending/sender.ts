import { Pool } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { Exchange } from './exchange.js';
import type { ExchangeLimits } from './exchange.js';
import { guardedConnector } from './guarded-connector.js';
import type { Resolve } from './guarded-connector.js';
import { OriginPools } from './origin-pools.js';
import type { Outcome } from './outcome.js';
import type { OutgoingRequest } from './request.js';
import { describeSendError } from './send-error.js';

const maxResponseHeaderBytes = 16 * 1024;
const idleSweepMs = 60_000;

/** The limits of a sender. */
export interface SenderLimits extends ExchangeLimits {
  /** Limit for look-up, TCP and TLS together, in milliseconds. */
  connectTimeoutMs: number;
  /** Connections to one origin, which all webhooks with that origin share; more requests wait. */
  maxConnectionsPerOrigin: number;
  /** Origins with open pools at a time. */
  maxOrigins: number;
}

/** What a sender works with; limits not given are `defaultSenderLimits`. */
export interface SenderOptions extends Partial<SenderLimits> {
  guard: AddressGuard;
  /** The system's resolver unless given. */
  resolve?: Resolve;
}

/** 5 s to connect, 15 s in all, 64 KiB read and 16 KiB kept of a body, 64 connections to an origin. */
export const defaultSenderLimits: SenderLimits = {
  connectTimeoutMs: 5_000,
  timeoutMs: 15_000,
  maxResponseBytes: 64 * 1024,
  keepResponseBytes: 16 * 1024,
  maxConnectionsPerOrigin: 64,
  maxOrigins: 512,
};

/**
 * Sends requests as they are: no redirect is followed, nothing is tried twice or decompressed, no forbidden address
 * is dialled. It never throws for what a receiver or the network does.
 *
 *     const sender = new Sender({ guard: new AddressGuard([]) });
 *     const outcome = await sender.send(request);
 */
export class Sender {
  private readonly limits: SenderLimits;
  private readonly pools: OriginPools;
  private readonly sweeper: NodeJS.Timeout;
  private isClosed = false;
  private inFlight = 0;
  private readonly whenIdle: (() => void)[] = [];

  constructor({ guard, resolve, ...limits }: SenderOptions) {
    this.limits = { ...defaultSenderLimits, ...limits };
    const { connectTimeoutMs, maxConnectionsPerOrigin, maxOrigins } = this.limits;
    const connect = guardedConnector({ guard, connectTimeoutMs, resolve });
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

  /** Takes nothing more, and waits until the attempts in flight have ended: `timeoutMs` at most. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
    await this.destroy();
  }

  /** Takes nothing more, and ends the attempts in flight as `cancelled`. */
  async destroy(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.sweeper);
    await this.pools.destroy();
  }

  private dispatch(request: OutgoingRequest, url: URL, resolve: (outcome: Outcome) => void): void {
    const { method, headers, body, maskedHeaders } = request;
    const onOutcome = (outcome: Outcome): void => {
      this.leave();
      resolve(outcome);
    };
    this.inFlight += 1;
    this.pools
      .for(url.origin)
      .dispatch(
        { path: url.pathname + url.search, method, headers, body },
        new Exchange({ limits: this.limits, maskedHeaders, onOutcome }),
      );
  }

  private leave(): void {
    this.inFlight -= 1;
    if (this.inFlight > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}

function httpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

function notSent(code: string): Outcome {
  return { kind: 'unreachable', error: describeSendError({ code }), durationMs: 0 };
}
