import { createHash } from 'node:crypto';
import type { NewDelivery } from '../deliveries/index.js';
import type { StoredEvent } from '../event-bus/index.js';
import { valueAt } from '../own-value.js';
import type { RuleWebhook } from './rules/rule.js';

/** Bytes of a key as it is; of a longer one the hash is enough to tell it from others. */
const LONGEST_KEY = 200;

/** What of an event a key can be made of. */
type Keyed = Pick<StoredEvent, 'id' | 'data' | 'actor'>;

/** The place of an event's delivery among the others of its webhook; null when that does not matter. */
export function orderOf({ orderedBy }: RuleWebhook, event: Keyed): NewDelivery['order'] {
  return orderedBy === undefined ? null : { key: keyAt(orderedBy, event), by: event.id };
}

/** The value at a path such as `data.id`, as text. Events without one wait for each other, as all do without a path. */
function keyAt(path: string | null, { data, actor }: Keyed): string {
  const value = path === null ? null : valueAt({ data, actor }, path.split('.'));
  if (value === undefined || value === null) return '';
  const key = typeof value === 'string' ? value : JSON.stringify(value);
  if (Buffer.byteLength(key) <= LONGEST_KEY) return key;
  return createHash('sha256').update(key).digest('hex');
}
