import { createHmac } from 'node:crypto';
import { Pool, type Dispatcher } from 'undici';
import type { Attempt, Delivery } from './store.js';

/** Sends signed requests over one keep-alive pool. */
export class Sender {
  private readonly pool: Pool;
  private readonly path: string;
  private readonly standardKey: Buffer;

  constructor(
    target: string,
    private readonly secret: string,
  ) {
    const url = new URL(target);
    this.pool = new Pool(url.origin, { connections: 64 });
    this.path = url.pathname;
    this.standardKey = Buffer.from(secret.slice('whsec_'.length), 'base64');
  }

  send({ id, body }: Delivery): Promise<Attempt> {
    const startedAt = new Date();
    const headers = this.sign(id, body, Math.floor(startedAt.getTime() / 1000));
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const onEnd = (statusCode: number, responseHeaders: unknown, responseBody: string) =>
        resolve({
          deliveryId: id,
          startedAt: startedAt.toISOString(),
          durationMs: Math.round(performance.now() - started),
          statusCode,
          requestHeaders: headers,
          responseHeaders,
          responseBody,
          status: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'failed',
        });
      const { path } = this;
      this.pool.dispatch({ path, method: 'POST', headers, body }, new Answer(onEnd, reject));
    });
  }

  private sign(id: string, body: string, timestamp: number): Record<string, string> {
    const standard = createHmac('sha256', this.standardKey).update(`${id}.${timestamp}.${body}`);
    return {
      'user-agent': 'baseline',
      'content-type': 'application/json',
      signature: createHmac('sha256', this.secret).update(body).digest('hex'),
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${standard.digest('base64')}`,
    };
  }
}

class Answer implements Dispatcher.DispatchHandler {
  private statusCode = 0;
  private headers: unknown;
  private body = '';

  constructor(
    private readonly onEnd: (statusCode: number, headers: unknown, body: string) => void,
    private readonly fail: (error: Error) => void,
  ) {}

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: unknown): void {
    this.statusCode = statusCode;
    this.headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.body += chunk.toString();
  }

  onResponseEnd(): void {
    this.onEnd(this.statusCode, this.headers, this.body);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }
}
