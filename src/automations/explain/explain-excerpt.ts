/** Lines that are shown before and after the faulty one. */
const AROUND = 2;
/** Characters of a line that are shown. */
const WIDTH = 100;

/**
 * The lines of a template around a place in it (both from 1), numbered, with a caret below the place. Long lines are
 * cut on both sides. Undefined for a place that is not in the template.
 *
 * @example excerptOf('{\n  "a": {{ x }}\n}', 2, 8)
 * //  1 | {
 * //  2 |   "a": {{ x }}
 * //    |        ^
 * //  3 | }
 */
export function excerptOf(template: string, line: number, column: number): string | undefined {
  const lines = template.split(/\r?\n/);
  if (lines[line - 1] === undefined) return undefined;
  // All lines are cut alike, so that they stay below each other.
  const start = Math.max(0, column - 1 - Math.floor(WIDTH / 2));
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const gutter = String(last).length;
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    rows.push(`${String(number).padStart(gutter)} | ${cut(lines[number - 1] ?? '', start)}`);
    if (number === line) rows.push(`${' '.repeat(gutter)} | ${caretAt(column - 1 - start, start)}`);
  }
  return rows.map((row) => row.trimEnd()).join('\n');
}

function cut(text: string, start: number): string {
  const shown = text.slice(start, start + WIDTH);
  return `${start > 0 ? '…' : ''}${shown}${text.length > start + WIDTH ? '…' : ''}`;
}

function caretAt(column: number, start: number): string {
  return `${' '.repeat(Math.max(0, column) + (start > 0 ? 1 : 0))}^`;
}
