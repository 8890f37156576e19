import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import type { AttemptBody, DeliveryBody } from './deliver.fixture.js';

/** What the live log says of one attempt. */
export interface StreamedBody {
  deliveryId: string;
  delivery: DeliveryBody;
  attempt: AttemptBody;
}

/** Somebody who watches the live log, by Server-Sent Events. */
export class Watcher {
  readonly attempts: StreamedBody[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;

  private constructor(
    response: Response,
    private readonly abort: AbortController,
  ) {
    this.ended = this.read(response);
  }

  /** Resolves when the stream is open: whatever happens from then on is seen. */
  static async open({ address, key }: Client): Promise<Watcher> {
    const abort = new AbortController();
    const response = await fetch(`${address}/v1/deliveries/stream`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    const type = response.headers.get('content-type');
    if (response.status !== 200 || !type?.startsWith('text/event-stream'))
      throw new Error(`The stream was answered ${response.status} ${type}.`);
    return new Watcher(response, abort);
  }

  /** Resolves when the attempts of this delivery that were seen are as many. */
  seen(deliveryId: string, count = 1): Promise<StreamedBody[]> {
    return until(`${count} attempts of ${deliveryId} were streamed`, () => {
      const own = this.attempts.filter((attempt) => attempt.deliveryId === deliveryId);
      return own.length >= count && own;
    });
  }

  close(): void {
    this.abort.abort();
  }

  private async read({ body }: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body ?? []) {
        const events = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.note(event);
      }
    } catch (error) {
      if (!this.abort.signal.aborted) throw error;
    }
  }

  private note(event: string): void {
    const fields = new Map(
      event.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
    );
    if (fields.get('event') !== 'attempt') return;
    this.attempts.push(JSON.parse(fields.get('data') ?? '') as StreamedBody);
  }
}
