import { Shelf } from './shelf.js';

const shelfOf = (maxBytes: number) => new Shelf<{ bytes: number }>(maxBytes, ({ bytes }) => bytes);

describe('a shelf', () => {
  it('gives up what was not used for longest, as soon as there is too much', () => {
    const shelf = shelfOf(10);
    shelf.put('a', { bytes: 4 });
    shelf.put('b', { bytes: 4 });
    shelf.get('a');
    shelf.put('c', { bytes: 4 });
    expect(['a', 'b', 'c'].map((id) => shelf.has(id))).toEqual([true, false, true]);
  });

  it('keeps what was put last, however large', () => {
    const shelf = shelfOf(10);
    shelf.put('small', { bytes: 1 });
    shelf.put('large', { bytes: 1000 });
    expect(shelf.has('small')).toBe(false);
    expect(shelf.get('large')).toEqual({ bytes: 1000 });
  });

  it('sees that an item has grown when it is put back', () => {
    const shelf = shelfOf(10);
    const growing = { bytes: 1 };
    shelf.put('other', { bytes: 5 });
    shelf.put('growing', growing);
    growing.bytes = 6;
    shelf.put('growing', growing);
    expect(shelf.has('other')).toBe(false);
    expect(shelf.has('growing')).toBe(true);
  });
});
