import { Readable } from 'node:stream';
import { BugleError } from '../../errors.js';

interface Step {
  kind: string;
}

type ToData<Kind extends Step> = (step: Kind) => object;

/** What an answer needs of the web server. */
interface Reply {
  headers(values: Record<string, string>): unknown;
  send(payload: object): unknown;
  raw: { socket: { destroyed: boolean } | null };
}

/**
 * Answers with the last step; a client that accepts Server-Sent Events gets all of them. What is wrong with the request is
 * found out before the first step, and thrown.
 */
export async function answerSteps<Kind extends Step>(
  steps: AsyncGenerator<Kind>,
  reply: Reply,
  { accept, toData }: { accept: string | undefined; toData: ToData<Kind> },
): Promise<void> {
  const first = await steps.next();
  if (first.done) return;
  if (accept?.includes('text/event-stream')) {
    reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    void reply.send(eventStream(first.value, steps, toData));
    return;
  }
  const last = await lastStep(first.value, steps, () => reply.raw.socket?.destroyed !== false);
  if (last) void reply.send(toData(last));
}

/**
 * The steps as Server-Sent Events, named by their kind, the first of which was taken already. A failure, once the
 * stream is open, is an `error` event. When the client goes away, the steps are ended.
 */
export function eventStream<Kind extends Step>(
  first: Kind,
  steps: AsyncGenerator<Kind>,
  toData: ToData<Kind>,
): Readable {
  async function* messages(): AsyncGenerator<string> {
    try {
      yield message(first.kind, toData(first));
      for await (const step of steps) yield message(step.kind, toData(step));
    } catch (error) {
      if (!(error instanceof BugleError)) throw error;
      yield message('error', { code: error.code, message: error.message });
    }
  }
  // A stream that is destroyed before it was read has not begun with its messages: their end ends nothing then.
  return Readable.from(messages()).once('close', () => void steps.return(undefined));
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The last step. Undefined when nobody waits for it any more: then the steps are ended. */
export async function lastStep<Kind extends Step>(
  first: Kind,
  steps: AsyncGenerator<Kind>,
  isGone: () => boolean,
): Promise<Kind | undefined> {
  let last = first;
  for await (const step of steps) {
    if (isGone()) return undefined;
    last = step;
  }
  return last;
}
