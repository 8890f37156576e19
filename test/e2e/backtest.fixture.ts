import type { z } from 'zod';
import type { backtestView } from '../../src/automations/backtest/backtest.dto.js';
import type { Client } from '../support/client.js';

export type BacktestView = z.infer<typeof backtestView>;

/** One Server-Sent Event. */
export interface StreamedEvent {
  event: string;
  data: unknown;
}

/** A backtest whose steps are read one by one. */
export class StreamedBacktest {
  private constructor(
    private readonly steps: AsyncGenerator<StreamedEvent>,
    private readonly abort: AbortController,
  ) {}

  static async start({ address, key }: Client, body: object): Promise<StreamedBacktest> {
    const abort = new AbortController();
    const response = await fetch(`${address}/v1/automations/backtest`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    const type = response.headers.get('content-type');
    if (response.status !== 200 || !type?.startsWith('text/event-stream'))
      throw new Error(`The backtest was answered ${response.status} ${type}.`);
    return new StreamedBacktest(eventsOf(response), abort);
  }

  async next(): Promise<StreamedEvent | undefined> {
    const { value, done } = await this.steps.next();
    return done ? undefined : value;
  }

  async all(): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    for await (const event of this.steps) events.push(event);
    return events;
  }

  /** As a client that closes its connection. */
  leave(): void {
    this.abort.abort();
  }
}

async function* eventsOf({ body }: Response): AsyncGenerator<StreamedEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    const messages = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) yield parsed(message);
  }
}

function parsed(message: string): StreamedEvent {
  const [event = '', data = ''] = message.split('\n').map((line) => line.replace(/^\w+: /, ''));
  return { event, data: JSON.parse(data) };
}
