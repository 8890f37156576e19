import * as fc from 'fast-check';
import { byId, Cursors } from './pagination.js';

const cursors = new Cursors(Buffer.alloc(32, 1));
/** What fits into a query's field. */
const text = fc.string({ unit: 'binary', maxLength: 30 });

const refused = (list: string, cursor: string, by = cursors): boolean => {
  try {
    by.decode(list, cursor);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ status: 400, code: 'invalid_cursor' });
    return true;
  }
};

describe('a cursor', () => {
  it('gives back the text that it was made of', () => {
    fc.assert(
      fc.property(text, (key) => expect(cursors.decode('l', cursors.encode('l', key))).toBe(key)),
    );
  });

  it('shows nothing that a URL would have to escape', () => {
    fc.assert(fc.property(text, (key) => expect(cursors.encode('l', key)).toMatch(/^[\w-]+$/)));
  });

  it('is refused by another list and under another key', () => {
    fc.assert(
      fc.property(text, (key) => {
        const cursor = cursors.encode('events a', key);
        expect(refused('events b', cursor)).toBe(true);
        expect(refused('events a', cursor, new Cursors(Buffer.alloc(32, 2)))).toBe(true);
      }),
    );
  });

  it('is refused when any of its bits was changed', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 1, max: 255 }), (key, place, change) => {
        const bytes = Buffer.from(cursors.encode('l', key), 'base64url');
        const at = place % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
        expect(refused('l', bytes.toString('base64url'))).toBe(true);
      }),
    );
  });

  it('is refused when it is something else altogether', () => {
    fc.assert(fc.property(fc.string(), (other) => expect(refused('l', other)).toBe(true)));
  });
});

describe('a page', () => {
  const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
  const shown = { keyOf: byId, toView: ({ id }: { id: string }) => id.toUpperCase() };

  /** A page of a list that begins after that row. */
  const page = (limit: number, cursor?: string) =>
    cursors.page(
      'l',
      { limit, cursor },
      {
        ...shown,
        read: (after) => {
          const start = rows.findIndex(({ id }) => id === after) + 1;
          return Promise.resolve(rows.slice(start, start + limit + 1));
        },
      },
    );

  it('has a cursor when a row more was read, and the next page begins there', async () => {
    const first = await page(2);
    expect(first).toEqual({ data: ['A', 'B'], nextCursor: expect.any(String) });
    expect(await page(2, first.nextCursor ?? '')).toEqual({ data: ['C'], nextCursor: null });
  });

  it('has none when it is the last', async () => {
    expect(await page(3)).toEqual({ data: ['A', 'B', 'C'], nextCursor: null });
    expect(cursors.pageOf('l', { rows: [], limit: 3 }, shown)).toEqual({
      data: [],
      nextCursor: null,
    });
  });

  it('is refused with the cursor of another list', async () => {
    await expect(page(2, cursors.encode('m', 'a'))).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });
});

describe('a page of large rows', () => {
  const rows = Array.from({ length: 10 }, (_, index) => ({
    id: String(index),
    text: 'x'.repeat(index === 5 ? 2_000_000 : 300_000),
  }));
  const shown = { keyOf: byId, toView: (row: { id: string; text: string }) => row };

  it('has fewer of them, and none is left out by going on', () => {
    const seen: string[] = [];
    let after = -1;
    for (let pages = 0; pages < 20; pages += 1) {
      const rest = rows.slice(after + 1, after + 12);
      const { data, nextCursor } = cursors.pageOf('l', { rows: rest, limit: 10 }, shown);
      expect(data.length).toBeGreaterThan(0);
      expect(data.length).toBeLessThan(5);
      seen.push(...data.map(({ id }) => id));
      if (nextCursor === null) break;
      after = Number(cursors.decode('l', nextCursor));
    }
    expect(seen).toEqual(rows.map(({ id }) => id));
  });
});
