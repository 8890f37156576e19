import * as fc from 'fast-check';
import { shownName } from './shown-name.js';

describe('shownName', () => {
  it('shows a name as it is, and the beginning of a long one', () => {
    expect(shownName('user.created')).toBe('user.created');
    expect(shownName('a'.repeat(40))).toBe('a'.repeat(40));
    expect(shownName('a'.repeat(41))).toBe(`${'a'.repeat(40)}…`);
  });

  it('is short and well-formed whatever was written, also where it is cut within an emoji', () => {
    expect(shownName(`${'a'.repeat(39)}😀`)).toBe(`${'a'.repeat(39)}\ufffd…`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const shown = shownName(name);
        expect(shown.length).toBeLessThanOrEqual(41);
        expect(shown.isWellFormed()).toBe(true);
      }),
    );
  });
});
