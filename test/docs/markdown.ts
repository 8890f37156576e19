/** A fenced block of a document. */
export interface Fence {
  /** What stands behind the opening fence: `twig`, `json context`. */
  info: string;
  text: string;
  /** Line of the opening fence, from 1. */
  line: number;
}

/** A row of a table, its cells by the name of their column. */
export type Row = Record<string, string>;

/** The fenced blocks of a document, in order. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map((match) => ({
    info: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length,
  }));
}

/** The rows of all tables of a document. */
export function rowsOf(markdown: string): Row[] {
  const tables = markdown.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [header = [], , ...rows] = table.trim().split('\n').map(cellsOf);
    return rows.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
  });
}

/** The text of a cell that is one piece of code, else undefined. */
export function codeOf(cell: string | undefined): string | undefined {
  return cell === undefined ? undefined : /^`([^`]+)`$/.exec(cell)?.[1];
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}
