import { KeyCursors } from './key-cursors.js';

const taken = (...keys: string[]) => keys.map((orderKey) => ({ webhookId: 'w', orderKey }));
const wanted = (slots: number) => new Map([['w', slots]]);

it('a claim goes on where the last one ended, and from the first key when it has come to the end', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(2), taken('a', 'b'))).toEqual(['w']);
  expect(cursors.all).toEqual(new Map([['w', 'b']]));
  expect(cursors.move(wanted(2), taken('c'))).toEqual(['w']);
  expect(cursors.all.size).toBe(0);
  expect(cursors.move(wanted(2), taken('a'))).toEqual([]);
});

it('of a webhook without order nothing is noted, and it may have more when it gave all that was wanted', () => {
  const cursors = new KeyCursors();
  const claimed = [{ webhookId: 'w', orderKey: null }];
  expect(cursors.move(wanted(1), claimed)).toEqual(['w']);
  expect(cursors.move(wanted(2), claimed)).toEqual([]);
  expect(cursors.all.size).toBe(0);
});
