import type { Fault } from '../errors.js';

const MAX_LENGTH = 200;
const PATH = /^(?:data|actor)(?:\.[^.\s\p{Cc}]+)+$/u;

/** By what the deliveries of a webhook are put in order, if they are. */
interface Order {
  ordered: boolean;
  orderingKey: string | null;
}

/**
 * Faults of the path by which deliveries are put in order: names of `data` or `actor` with dots between, such as `data.id`.
 * Without `ordered` it would be kept and do nothing.
 */
export function checkOrderingKey({ ordered, orderingKey: path }: Order): Fault[] {
  if (path === null) return [];
  if (!ordered) {
    const message = 'does nothing without "ordered": true; set that as well, or null here';
    return fault('ordering_key_without_order', message);
  }
  if (path.length > MAX_LENGTH) {
    return fault('ordering_key_too_long', `is longer than ${MAX_LENGTH} characters`);
  }
  if (PATH.test(path)) return [];
  return fault(
    'invalid_ordering_key',
    'is not a path into the event; name a field of data or actor with dots between: data.id',
  );
}

/**
 * The order of a webhook after an edit: one that is turned off forgets its key, unless the edit names one.
 */
export function editedOrder<Patch extends Partial<Order>>(patch: Patch): Patch {
  const isOff = patch.ordered === false && patch.orderingKey === undefined;
  return isOff ? { ...patch, orderingKey: null } : patch;
}

/**
 * Faults of an edit of it. Older versions stored a key without `ordered`: only an edit that names one of the two has
 * to say something that holds.
 */
export function checkEditedOrder(patch: Partial<Order>, current: Order): Fault[] {
  if (patch.ordered === undefined && patch.orderingKey === undefined) return [];
  const { ordered, orderingKey } = current;
  return checkOrderingKey({ ordered, orderingKey, ...patch });
}

function fault(code: string, message: string): Fault[] {
  return [{ path: 'orderingKey', code, message }];
}
