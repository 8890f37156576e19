import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { BugleError } from '../errors.js';
import { fittingCount } from '../fitting-count.js';

const TAG_BYTES = 10;
/** Characters of a page as JSON: a page of large rows has fewer of them, and at least one. */
const MAX_PAGE_SIZE = 1024 * 1024;

/** The two fields that every list takes. */
export const pageFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(25)
    .meta({ description: 'Rows on a page, 1 to 100; fewer where they are large.', example: 25 }),
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

/** The fields of a query that say which page is wanted. */
export interface PageQuery {
  limit: number;
  cursor?: string;
}

/** How the rows of a list are read and shown. */
export interface ListOf<Row, View> {
  /** What of a row its cursor keeps: its place in the list. */
  keyOf: (row: Row) => string;
  toView: (row: Row) => View;
}

/** The place of a row in most lists. */
export const byId = ({ id }: { id: string }): string => id;

/**
 * Cursors are signed and bound to one list of one workspace: one that was altered or carried over from
 * elsewhere is refused and never reads a row.
 */
export class Cursors {
  private readonly key: Buffer;

  constructor(masterKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', masterKey, '', 'bugle cursor', 32));
  }

  /** @param key of the row after which the next page begins: any text. */
  encode(list: string, key: string): string {
    const bytes = Buffer.from(key);
    return Buffer.concat([this.tag(list, bytes), bytes]).toString('base64url');
  }

  /** The key that a cursor was made of; undefined on the first page. @throws BugleError 400 `invalid_cursor` */
  decode(list: string, cursor: string | undefined): string | undefined {
    if (cursor === undefined) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    const [tag, key] = [bytes.subarray(0, TAG_BYTES), bytes.subarray(TAG_BYTES)];
    if (tag.length === TAG_BYTES && timingSafeEqual(tag, this.tag(list, key)))
      return key.toString();
    throw new BugleError(
      400,
      'invalid_cursor',
      'This cursor is not from this list. Start again without a cursor.',
    );
  }

  /**
   * Reads and shows one page of a list.
   *
   * @param list its name, with the workspace that it is of
   * @throws BugleError 400 `invalid_cursor`
   */
  async page<Row, View>(
    list: string,
    query: PageQuery,
    source: ListOf<Row, View> & {
      /** The rows that come after the one with this key, one more than the limit. */
      read: (after: string | undefined) => Promise<readonly Row[]>;
    },
  ): Promise<Page<View>> {
    const rows = await source.read(this.decode(list, query.cursor));
    return this.pageOf(list, { rows, limit: query.limit }, source);
  }

  /** Shows a page of rows that were read with one row more than the limit. */
  pageOf<Row, View>(
    list: string,
    { rows, limit }: { rows: readonly Row[]; limit: number },
    { keyOf, toView }: ListOf<Row, View>,
  ): Page<View> {
    const views = rows.slice(0, limit).map(toView);
    const fitting = fittingCount(views, { size: MAX_PAGE_SIZE }, sizeOf);
    const data = views.slice(0, fitting);
    const last = rows.length > data.length ? rows[data.length - 1] : undefined;
    const nextCursor = last === undefined ? null : this.encode(list, keyOf(last));
    return { data, nextCursor };
  }

  /** The separator keeps list and key apart: no end of the one can pass for the beginning of the other. */
  private tag(list: string, key: Buffer): Buffer {
    return createHmac('sha256', this.key)
      .update(list)
      .update('\0')
      .update(key)
      .digest()
      .subarray(0, TAG_BYTES);
  }
}

function sizeOf(view: unknown): number {
  return JSON.stringify(view).length;
}
