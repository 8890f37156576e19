import { array, assert, constantFrom, property } from 'fast-check';
import { processorTime } from '../../../test/support/processor-time.js';
import { lineDiff } from './line-diff.js';

describe('a line diff', () => {
  it('of the same text is empty', () => {
    expect(lineDiff('a\nb', 'a\nb')).toBe('');
  });

  it('shows what changed with three lines around it', () => {
    const before = ['1', '2', '3', '4', 'old', '6', '7', '8', '9'].join('\n');
    expect(lineDiff(before, before.replace('old', 'new'))).toBe(
      ['@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-old', '+new', ' 6', ' 7', ' 8'].join('\n'),
    );
  });

  it('shows changes far from each other apart', () => {
    const lines = Array.from({ length: 30 }, (_, index) => String(index));
    const diff = lineDiff(lines.join('\n'), ['new', ...lines.slice(0, -1)].join('\n'));
    expect(diff.match(/^@@.*$/gm)).toEqual(['@@ -1,3 +1,4 @@', '@@ -27,4 +28,3 @@']);
  });

  it('keeps what is in both, whatever was put between', () => {
    expect(lineDiff('a\nb\nc\nd', 'x\nb\ny\nd\nz')).toBe(
      ['@@ -1,4 +1,5 @@', '-a', '+x', ' b', '-c', '+y', ' d', '+z'].join('\n'),
    );
  });

  it('of two large texts that share nothing takes no time', () => {
    const [before, after] = ['a\n', 'b\n'].map((line) => line.repeat(16 * 1024));
    const { ms, result: diff } = processorTime(() => lineDiff(before ?? '', after ?? ''));
    expect(ms).toBeLessThan(500);
    expect(diff.match(/^-a$/gm)).toHaveLength(16 * 1024);
  });

  it.each([
    [400, ' same'],
    [600, '-same'],
  ])(
    'of two texts of %d lines that differ shows "%s" of what is in the middle of both',
    (count, shown) => {
      const [before = '', after = ''] = ['a', 'b'].map((letter) => {
        const half = Array.from({ length: count / 2 }, (_, index) => `${letter}${index}`);
        return [...half, 'same', ...half].join('\n');
      });
      expect(lineDiff(before, after).split('\n')).toContain(shown);
    },
  );

  it('leads from the one text to the other, and back', () => {
    const line = constantFrom('a', 'b', 'c', '', '-', '+', '@@');
    const text = array(line, { maxLength: 40 }).map((lines) => lines.join('\n'));
    assert(
      property(text, text, (before, after) => {
        const diff = lineDiff(before, after);
        expect(patched(before, diff, '+')).toBe(after);
        expect(patched(after, diff, '-')).toBe(before);
      }),
    );
  });
});

/** Applies a diff as `patch` does, or with '-' takes it back. */
function patched(text: string, diff: string, added: '+' | '-'): string {
  const source = text.split('\n');
  const result: string[] = [];
  let taken = 0;
  for (const line of diff === '' ? [] : diff.split('\n')) {
    const head = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/.exec(line);
    const start = Number(head?.[added === '+' ? 1 : 2] ?? taken + 1) - 1;
    result.push(...source.slice(taken, start));
    taken = start;
    if (head) continue;
    if (!line.startsWith(added)) taken++;
    if (line.startsWith(' ') || line.startsWith(added)) result.push(line.slice(1));
  }
  return [...result, ...source.slice(taken)].join('\n');
}
