/**
 * Beyond this many pairs of lines (500 lines that are all different, and as many others), what differs is shown as removed
 * and added in one piece: it takes the server's own thread, for 3 ms at most.
 */
const MAX_PAIRS = 250_000;
/** Unchanged lines that are shown around each change. */
const CONTEXT = 3;

interface Line {
  kind: ' ' | '-' | '+';
  text: string;
}

/** A run of lines with the 0-based places where it begins in both texts. */
interface Hunk {
  before: number;
  after: number;
  lines: Line[];
}

/**
 * What differs between two texts, line by line in unified form without file names; '' when nothing does.
 *
 * @example lineDiff('a\nb', 'a\nc') === '@@ -1,2 +1,2 @@\n a\n-b\n+c'
 */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const lines = compare(before.split('\n'), after.split('\n'));
  return hunksOf(lines).map(print).join('\n');
}

/** All lines of both texts. What they begin and end with in common needs no search. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const [removed, added] = [before, after].map((lines) => lines.slice(start, lines.length - end));
  return [
    ...linesOf(' ', before.slice(0, start)),
    ...compareMiddle(removed ?? [], added ?? []),
    ...linesOf(' ', before.slice(before.length - end)),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > MAX_PAIRS)
    return [...linesOf('-', before), ...linesOf('+', after)];
  const common = commonLengths(before, after);
  const width = after.length + 1;
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push(...linesOf(' ', before.slice(i, ++i)));
      j++;
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
      lines.push(...linesOf('-', before.slice(i, ++i)));
    else lines.push(...linesOf('+', after.slice(j, ++j)));
  }
  return [...lines, ...linesOf('-', before.slice(i)), ...linesOf('+', after.slice(j))];
}

/** At `i * (after.length + 1) + j`: how many lines the rests from `i` and from `j` on have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array {
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [here, below] = [i * width + j, (i + 1) * width + j];
      common[here] =
        before[i] === after[j]
          ? (common[below + 1] ?? 0) + 1
          : Math.max(common[below] ?? 0, common[here + 1] ?? 0);
    }
  }
  return common;
}

function linesOf(kind: Line['kind'], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ kind, text }));
}

/** The changes, each with its surroundings; what lies farther from any change is left out. */
function hunksOf(lines: readonly Line[]): Hunk[] {
  const shown = nearChanges(lines);
  const hunks: Hunk[] = [];
  let current: Hunk | undefined;
  let [before, after] = [0, 0];
  for (const [index, line] of lines.entries()) {
    if (!shown[index]) current = undefined;
    else if (current) current.lines.push(line);
    else hunks.push((current = { before, after, lines: [line] }));
    if (line.kind !== '+') before++;
    if (line.kind !== '-') after++;
  }
  return hunks;
}

/** By line: 1 for those that are shown. */
function nearChanges(lines: readonly Line[]): Uint8Array {
  const near = new Uint8Array(lines.length);
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== ' ') near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  }
  return near;
}

function print({ before, after, lines }: Hunk): string {
  const [removed, added] = [sizeOf(lines, '+'), sizeOf(lines, '-')];
  const head = `@@ -${before + 1},${removed} +${after + 1},${added} @@`;
  return [head, ...lines.map(({ kind, text }) => kind + text)].join('\n');
}

/** Lines of the text that knows nothing of this kind. */
function sizeOf(lines: readonly Line[], without: '-' | '+'): number {
  return lines.filter(({ kind }) => kind !== without).length;
}
