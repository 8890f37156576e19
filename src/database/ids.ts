import { hash, randomUUID } from 'node:crypto';

/** Matches any UUID in the canonical, lower-case form that Bugle hands out. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A clock that is set back by more than this had been wrong before. */
const CLOCK_STEP_MS = 10_000;

let lastMillis = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562 §5.7). Ids made by one process sort in the order they were made: the 12 bits after the
 * time count within a millisecond (method 1 of §6.2), so a page of a list never splits a batch at random. A small
 * step back of the clock is waited out; a large one is followed: after a jump into the future, ids would otherwise
 * carry that time, and want partitions of that day, until the process ends.
 */
export function newId(now = Date.now()): string {
  if (now > lastMillis || lastMillis - now > CLOCK_STEP_MS) {
    lastMillis = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMillis++;
    sequence = 0;
  }
  const time = lastMillis.toString(16).padStart(12, '0');
  const count = sequence.toString(16).padStart(3, '0');
  // Variant and 62 random bits of a UUIDv4: node makes those many at a time.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
}

/**
 * The id that follows from a parent's id and a name: the parent's time, then a hash of both. Making the same
 * child twice gives the same id, so inserting it twice conflicts on the primary key and is ignored.
 */
export function derivedId(parentId: string, name: string): string {
  const bytes = hash('sha256', `${parentId}\0${name}`, 'buffer').subarray(0, 16);
  bytes.writeUInt16BE(0x7000 | (bytes.readUInt16BE(6) & 0x0fff), 6);
  return format(bytes, timeOfId(parentId));
}

/** Milliseconds since the epoch that a UUIDv7 (or an id derived from one) carries. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The last millisecond that an id can carry, in the year 10889. */
const LAST_MILLIS = 2 ** 48 - 1;

/** The smallest id of a millisecond: the bound of a partition or of a `since` filter. */
export function firstIdAt(millis: number): string {
  const hex = Math.min(LAST_MILLIS, Math.max(0, Math.floor(millis)))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function format(bytes: Buffer, millis: number): string {
  bytes.writeUIntBE(millis, 0, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
