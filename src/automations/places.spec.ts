import { Places } from './places.js';

describe('places', () => {
  it('are bounded for a workspace, and in all', () => {
    const places = new Places({ ofWorkspace: 2, inAll: 3 });
    expect(['a', 'a', 'a', 'b', 'b'].map((workspace) => places.take(workspace))).toEqual([
      'taken',
      'taken',
      'workspace_full',
      'taken',
      'all_full',
    ]);
  });

  it('can be taken again when somebody has left', () => {
    const places = new Places({ ofWorkspace: 1, inAll: 1 });
    places.take('a');
    expect(places.take('b')).toBe('all_full');
    places.leave('a');
    expect(places.take('b')).toBe('taken');
    expect(places.take('b')).toBe('workspace_full');
  });
});
