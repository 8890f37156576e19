import { KeyCursors } from './key-cursors.js';

/** So many were claimed, and the walk ended at a key, or with the last one. */
const claimed = (count: number, key?: string) => ({
  claimed: Array.from({ length: count }, () => ({ webhookId: 'w' })),
  walkedTo: new Map(key === undefined ? [] : [['w', key]]),
});
const wanted = (slots: number) => new Map([['w', slots]]);
const now = { now: ['w'], later: [] };
const later = { now: [], later: ['w'] };
const nothing = { now: [], later: [] };

it('a claim goes on where the last one ended, and from the first key when it has come to the end', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(2), claimed(2, 'b'))).toEqual(now);
  expect(cursors.all).toEqual(new Map([['w', 'b']]));
  expect(cursors.move(wanted(2), claimed(1))).toEqual(now);
  expect(cursors.all.size).toBe(0);
  expect(cursors.move(wanted(2), claimed(1))).toEqual(nothing);
});

it('a round that finds nothing is gone through slowly, and no other follows it', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(2), claimed(0, 'b'))).toEqual(later);
  cursors.resume(['w']);
  expect(cursors.move(wanted(2), claimed(0, 'd'))).toEqual(later);
  expect(cursors.all).toEqual(new Map([['w', 'd']]));
  cursors.resume(['w']);
  expect(cursors.move(wanted(2), claimed(0))).toEqual(nothing);
  expect(cursors.all.size).toBe(0);
});

it('only a claim that has found something goes on at once, and another round follows one that has', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(2), claimed(1, 'd'))).toEqual(now);
  expect(cursors.move(wanted(2), claimed(0, 'f'))).toEqual(later);
  cursors.resume(['w']);
  expect(cursors.move(wanted(2), claimed(0))).toEqual(later);
  cursors.resume(['w']);
  expect(cursors.move(wanted(2), claimed(0))).toEqual(nothing);
});

it('one search pauses once, however many claims find nothing meanwhile', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(2), claimed(0, 'b'))).toEqual(later);
  expect(cursors.move(wanted(2), claimed(0, 'd'))).toEqual(nothing);
  expect(cursors.move(wanted(2), claimed(1, 'f'))).toEqual(now);
  expect(cursors.move(wanted(2), claimed(0, 'h'))).toEqual(nothing);
  cursors.resume(['w']);
  expect(cursors.move(wanted(2), claimed(0, 'j'))).toEqual(later);
});

it('of a webhook without order nothing is noted, and it may have more when it gave all that was wanted', () => {
  const cursors = new KeyCursors();
  expect(cursors.move(wanted(1), claimed(1))).toEqual(now);
  expect(cursors.move(wanted(2), claimed(1))).toEqual(nothing);
  expect(cursors.all.size).toBe(0);
});
