import * as fc from 'fast-check';
import { Cursors } from './pagination.js';

const cursors = new Cursors(Buffer.alloc(32, 1));
const uuid = fc.uuid();

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
  it('gives back the id that it was made of', () => {
    fc.assert(
      fc.property(uuid, (id) => expect(cursors.decode('l', cursors.encode('l', id))).toBe(id)),
    );
  });

  it('shows nothing that a URL would have to escape', () => {
    fc.assert(fc.property(uuid, (id) => expect(cursors.encode('l', id)).toMatch(/^[\w-]+$/)));
  });

  it('is refused by another list and under another key', () => {
    fc.assert(
      fc.property(uuid, (id) => {
        const cursor = cursors.encode('events a', id);
        expect(refused('events b', cursor)).toBe(true);
        expect(refused('events a', cursor, new Cursors(Buffer.alloc(32, 2)))).toBe(true);
      }),
    );
  });

  it('is refused when any of its bits was changed', () => {
    fc.assert(
      fc.property(uuid, fc.nat(25), fc.integer({ min: 1, max: 255 }), (id, at, change) => {
        const bytes = Buffer.from(cursors.encode('l', id), 'base64url');
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
        expect(refused('l', bytes.toString('base64url'))).toBe(true);
      }),
    );
  });

  it('is refused when it is something else altogether', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(refused('l', text)).toBe(true)));
  });
});

describe('a page', () => {
  const rows = [{ id: '01' }, { id: '02' }, { id: '03' }].map(({ id }) => ({
    id: `019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b${id}`,
  }));

  it('has a cursor when a row more was read, at its own last row', () => {
    const page = cursors.page('l', rows, 2);
    expect(page.data).toEqual(rows.slice(0, 2));
    expect(cursors.decode('l', page.nextCursor ?? '')).toBe(rows[1]?.id);
  });

  it('has none when it is the last', () => {
    expect(cursors.page('l', rows, 3)).toEqual({ data: rows, nextCursor: null });
    expect(cursors.page('l', [], 3)).toEqual({ data: [], nextCursor: null });
  });
});
