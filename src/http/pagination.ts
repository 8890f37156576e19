import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { BugleError } from '../errors.js';

const TAG_BYTES = 10;

/** The two fields that every list takes. */
export const pageFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(25)
    .meta({ description: 'Rows on a page, 1 to 100.', example: 25 }),
  cursor: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: '`nextCursor` of the page before.' }),
};

/** One page of a list, newest first. */
export interface Page<Row> {
  data: Row[];
  /** Hand it back as `cursor` for the next page; null on the last one. */
  nextCursor: string | null;
}

/** The shape of a page in the OpenAPI document. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row).meta({ description: 'The rows of this page, newest first.' }),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page; null on the last one.' }),
  });
}

/**
 * Cursors are signed and bound to one list of one workspace: one that was altered or carried over from
 * elsewhere is refused and never reads a row.
 */
export class Cursors {
  private readonly key: Buffer;

  constructor(masterKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', masterKey, '', 'bugle cursor', 32));
  }

  encode(list: string, lastId: string): string {
    const id = Buffer.from(lastId.replaceAll('-', ''), 'hex');
    return Buffer.concat([id, this.tag(list, id)]).toString('base64url');
  }

  /** @throws BugleError 400 `invalid_cursor` */
  decode(list: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url');
    const id = bytes.subarray(0, 16);
    const tag = bytes.subarray(16);
    if (tag.length !== TAG_BYTES || !timingSafeEqual(tag, this.tag(list, id))) {
      throw new BugleError(
        400,
        'invalid_cursor',
        'This cursor is not from this list. Start again without a cursor.',
      );
    }
    const hex = id.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Makes a page of rows that were read with one row more than the limit. */
  page<Row extends { id: string }>(list: string, rows: Row[], limit: number): Page<Row> {
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, nextCursor: rows.length > limit && last ? this.encode(list, last.id) : null };
  }

  private tag(list: string, id: Buffer): Buffer {
    return createHmac('sha256', this.key).update(list).update(id).digest().subarray(0, TAG_BYTES);
  }
}
