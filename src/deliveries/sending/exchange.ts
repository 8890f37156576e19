import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import { maskHeaders } from '../../webhooks/index.js';
import type { BodyCut, Outcome } from './outcome.js';
import { BadAnswerError, StoppedError, describeSendError } from './send-error.js';

type ResponseHeaders = Record<string, string | string[] | undefined>;

/** More 1xx answers than this to one request, and it is a flood. */
const MAX_INTERIM = 32;
const MAX_KEPT_HEADERS = 100;

/** What bounds one exchange. */
export interface ExchangeLimits {
  /** Limit for the whole attempt, waiting for a connection included, in milliseconds. */
  timeoutMs: number;
  /** The connection is dropped when a response body is longer, in bytes. */
  maxResponseBytes: number;
  /** How much of a response body is kept, in bytes. */
  keepResponseBytes: number;
}

/** What one exchange is made for. */
export interface ExchangeInput {
  limits: ExchangeLimits;
  /** Further header names whose values are not to be kept. */
  maskedHeaders: readonly string[];
  /** Called exactly once. */
  onOutcome: (outcome: Outcome) => void;
}

/**
 * One request on the wire, as undici's dispatcher reports it. A dispatch handler instead of `pool.request`, because
 * that builds a stream for each body. Once the status line is here it decides, whatever becomes of the body.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly startedAt = performance.now();
  private readonly deadline: NodeJS.Timeout;
  private controller?: Dispatcher.DispatchController;
  private ended = false;
  private statusCode = 0;
  private interimAnswers = 0;
  private headers: ResponseHeaders = {};
  private readonly chunks: Buffer[] = [];
  private keptBytes = 0;
  private readBytes = 0;

  constructor(private readonly input: ExchangeInput) {
    this.deadline = setTimeout(() => this.stop('timeout'), input.limits.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The time ran out while it waited for a connection: it must not be sent after it was reported as failed.
    if (this.ended) controller.abort(new StoppedError());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: ResponseHeaders,
  ): void {
    if (statusCode < 200) return this.onInterim(statusCode);
    this.statusCode = statusCode;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    this.keep(chunk);
    this.readBytes += chunk.length;
    if (this.readBytes > this.input.limits.maxResponseBytes) this.stop('limit');
  }

  onResponseEnd(): void {
    this.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.end('closed', error);
  }

  private onInterim(statusCode: number): void {
    this.interimAnswers += 1;
    const isBad = statusCode < 100 || this.interimAnswers > MAX_INTERIM;
    if (isBad) this.stop('closed', new BadAnswerError());
  }

  private stop(cut: BodyCut, error: Error = new StoppedError()): void {
    this.end(cut, error);
    this.controller?.abort(error);
  }

  private keep(chunk: Buffer): void {
    const room = this.input.limits.keepResponseBytes - this.keptBytes;
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    this.chunks.push(kept);
    this.keptBytes += kept.length;
  }

  private end(cut?: BodyCut, error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.deadline);
    const durationMs = Math.round(performance.now() - this.startedAt);
    this.input.onOutcome(
      this.statusCode === 0
        ? { kind: 'unreachable', error: describeSendError(error), durationMs }
        : this.answered(durationMs, cut),
    );
  }

  private answered(durationMs: number, cut?: BodyCut): Outcome {
    const { statusCode } = this;
    const isShortened = this.readBytes > this.keptBytes;
    return {
      kind: statusCode < 300 ? 'delivered' : 'rejected',
      statusCode,
      responseHeaders: maskHeaders(keptHeaders(this.headers), this.input.maskedHeaders),
      responseBody: bodyText(this.chunks, cut !== undefined || isShortened),
      responseBodyCut: cut ?? (isShortened ? 'limit' : undefined),
      retryAfter: joined(this.headers['retry-after']),
      durationMs,
    };
  }
}

function keptHeaders(headers: ResponseHeaders): Record<string, string> {
  const entries = Object.entries(headers).slice(0, MAX_KEPT_HEADERS);
  return Object.fromEntries(entries.map(([name, value]) => [name, joined(value) ?? '']));
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function bodyText(chunks: readonly Buffer[], isCut: boolean): string {
  const [first] = chunks;
  if (!first) return '';
  const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
  // A decoder holds back a last character that was cut in two.
  const text = isCut ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8');
  return text.replaceAll('\0', '');
}
