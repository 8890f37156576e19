import type { z } from 'zod';
import type { Limits } from '../config/index.js';
import { BugleError, invalidInput, MAX_FAULTS } from '../errors.js';
import { toProblem, validate } from '../http/index.js';
import { type batchView, publishInput } from './event.dto.js';
import type { Publication } from './event.js';
import { requireFitting } from './event-size.js';
import type { PublishResult } from './publish.service.js';

/** A batch sorted into what can be published and what is refused already; `order` says where each result belongs. */
export interface Batch {
  publications: Publication[];
  order: ({ publication: number } | { refused: BugleError })[];
}

/** @throws BugleError 422 when the batch as a whole is too long. */
export function readBatch(items: readonly unknown[], limits: Limits): Batch {
  if (items.length > limits.BUGLE_MAX_BATCH_EVENTS) {
    const message = `holds ${items.length} events; the limit is ${limits.BUGLE_MAX_BATCH_EVENTS} (BUGLE_MAX_BATCH_EVENTS)`;
    throw invalidInput([{ path: 'events', code: 'batch_too_long', message }]);
  }
  const batch: Batch = { publications: [], order: [] };
  let detailed = 0;
  items.forEach((item, index) => {
    const read = readItem(item, `events[${index}]`, limits.BUGLE_MAX_EVENT_BYTES);
    if (read instanceof BugleError) {
      batch.order.push({ refused: detailed < MAX_FAULTS ? read : inShort(read) });
      detailed += read.faults.length;
    } else batch.order.push({ publication: batch.publications.push(read) - 1 });
  });
  return batch;
}

/** An answer does not repeat a thousand times what is wrong with a thousand events: of these, the first fault each. */
function inShort({ faults }: BugleError): BugleError {
  return invalidInput(faults.slice(0, 1));
}

/** The answer to a batch, in the order of the request. */
export function toBatchView(
  { order }: Batch,
  published: readonly PublishResult[],
): z.infer<typeof batchView> {
  const results = order.map((entry, index) => {
    if ('refused' in entry) return { error: toProblem(entry.refused) };
    const result = published[entry.publication];
    if (!result) throw new Error('a publication of the batch has no result');
    if (!('refused' in result)) return result;
    return { error: toProblem(within(`events[${index}]`, result.refused)) };
  });
  const refused = results.filter((result) => 'error' in result).length;
  return { accepted: results.length - refused, refused, results };
}

/** A refusal of one event, its paths as the whole request has them. */
function within(root: string, { status, code, message, faults }: BugleError): BugleError {
  const moved = faults.map((fault) => ({
    ...fault,
    path: fault.path ? `${root}.${fault.path}` : root,
  }));
  return code === 'invalid_input'
    ? invalidInput(moved)
    : new BugleError(status, code, message, moved);
}

/** One key cannot stand for many events. */
export function keyOfBatch(): BugleError {
  const message = 'is for single events; give each event of a batch an id';
  return invalidInput([{ path: 'Idempotency-Key', code: 'not_for_batches', message }]);
}

function readItem(item: unknown, path: string, maxBytes: number): Publication | BugleError {
  try {
    requireFitting(item, maxBytes, path);
    return validate(publishInput, item, path);
  } catch (error) {
    if (error instanceof BugleError) return error;
    throw error;
  }
}
