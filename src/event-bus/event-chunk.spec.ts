import { randomUUID } from 'node:crypto';
import { readChunk, WaitingIds } from './event-chunk.js';

describe('ids that wait to be announced', () => {
  it('go out in chunks, one of each workspace at a time', () => {
    const waiting = new WaitingIds();
    for (let n = 0; n < 450; n++) waiting.add({ workspaceId: 'flood', id: `f${n}` });
    waiting.add({ workspaceId: 'quiet', id: 'q' });
    const sizes = () => waiting.take().map(({ workspaceId, ids }) => [workspaceId, ids.length]);
    expect(sizes()).toEqual([
      ['flood', 200],
      ['quiet', 1],
    ]);
    expect(sizes()).toEqual([['flood', 200]]);
    expect(sizes()).toEqual([['flood', 50]]);
    expect(sizes()).toEqual([]);
  });

  it('are bounded: who floods leaves room for the others', () => {
    const waiting = new WaitingIds();
    for (let n = 0; n < 5_000; n++) waiting.add({ workspaceId: 'flood', id: `f${n}` });
    waiting.add({ workspaceId: 'quiet', id: 'q' });
    let kept = 0;
    for (let chunks = waiting.take(); chunks.length > 0; chunks = waiting.take()) {
      kept += chunks.reduce((sum, { ids }) => sum + ids.length, 0);
    }
    expect(kept).toBe(2_001);
  });
});

describe('a chunk from another process', () => {
  const workspaceId = randomUUID();
  const ids = [randomUUID()];

  it('is taken when it is one', () => {
    expect(readChunk({ workspaceId, ids })).toEqual({ workspaceId, ids });
  });

  it.each([undefined, null, 'text', {}, { workspaceId, ids: [] }, { workspaceId, ids: ['x'] }])(
    'is nothing when it is %j',
    (said) => {
      expect(readChunk(said)).toBeUndefined();
    },
  );
});
