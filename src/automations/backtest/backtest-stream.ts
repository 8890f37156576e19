import { Readable } from 'node:stream';

interface Step {
  kind: string;
}

/**
 * The steps as Server-Sent Events, named by their kind, the first of which was taken already. A failure, once the
 * stream is open, is an `error` event. When the client goes away, the steps are ended.
 */
export function eventStream<Kind extends Step>(
  first: Kind,
  steps: AsyncGenerator<Kind>,
  { toData, toProblem }: { toData: (step: Kind) => object; toProblem: (error: unknown) => object },
): Readable {
  async function* messages(): AsyncGenerator<string> {
    try {
      yield message(first.kind, toData(first));
      for await (const step of steps) yield message(step.kind, toData(step));
    } catch (error) {
      yield message('error', toProblem(error));
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
