import type { Percentiles } from './load/latency.js';
import type { ThroughputResult } from './load/throughput.js';
import { type LatencyComparison, median, type ThroughputComparison } from './measurements.js';
import type { ProfileSummary, Share } from './profile.js';
import type { RenderResult } from './renders.js';
import type { MatchingResult } from './rules.js';

const MIB = 1024 * 1024;
const TOP = 30;

/** Medians of all rounds, and the ratio. */
export function throughputTable(comparisons: readonly ThroughputComparison[]): string {
  const rows = comparisons.flatMap(({ title, baseline, bugle, ratio }) => [
    [title, '', '', ''],
    row('  events/s', baseline, bugle, (run) => run.eventsPerSecond).concat(ratio.toFixed(2)),
    row('  CPU of the server, µs/event', baseline, bugle, (run) => run.cpuMicrosPerEvent).concat(
      '',
    ),
    row('  RSS of the server, peak, MiB', baseline, bugle, (run) => run.peakRss / MIB).concat(''),
  ]);
  return table(['throughput, 64 clients', 'baseline', 'Bugle', 'ratio'], rows);
}

/** Percentiles of both programs, in milliseconds. */
export function latencyTable({ baseline, bugle }: LatencyComparison): string {
  const title = `latency, ${bugle.perSecond} events/s, ms`;
  const rows = (['accepted', 'posted'] as const).flatMap((from) => [
    [from === 'accepted' ? '202 → request seen' : 'POST → request seen', '', ''],
    ...(['p50', 'p95', 'p99'] as const).map((name: keyof Percentiles) => [
      `  ${name}`,
      baseline[from][name].toFixed(1),
      bugle[from][name].toFixed(1),
    ]),
  ]);
  return table([title, 'baseline', 'Bugle'], rows);
}

/** What finding the rules of an event costs. */
export function matchingTable(results: readonly MatchingResult[]): string {
  const rows = results.map(({ title, finding, matching }) => [
    title,
    finding.toFixed(1),
    matching.toFixed(1),
  ]);
  return table(['automations on one type, CPU µs/event', 'found', 'found and evaluated'], rows);
}

/** Renders of the 1 KB embed. */
export function rendersTable({ twing, pool }: RenderResult): string {
  const rows = [
    ['1 KB Discord embed', twing.toFixed(0), pool.toFixed(0), (pool / twing).toFixed(2)],
  ];
  return table(
    ['renders/s', 'stock Twing, in process', 'Bugle, through its thread', 'ratio'],
    rows,
  );
}

/** Where Bugle's process spent its time. */
export function profileTables(title: string, file: string, summary: ProfileSummary): string {
  const { functions, causes, inclusive, busyPercent } = summary;
  return [
    `\n${title}: ${file}\nbusy ${busyPercent.toFixed(0)} % of the time; percent of that:`,
    table(['by cause, self', '%'], shares(causes)),
    table(['by function, self', '%'], shares(functions)),
    table(['functions of src, with what they call', '%'], shares(inclusive)),
  ].join('\n');
}

function row(
  label: string,
  baseline: readonly ThroughputResult[],
  bugle: readonly ThroughputResult[],
  figure: (run: ThroughputResult) => number,
): string[] {
  return [
    label,
    ...[baseline, bugle].map((runs) => Math.round(median(runs.map(figure))).toString()),
  ];
}

function shares(list: readonly Share[]): string[][] {
  return list.slice(0, TOP).map(({ name, percent }) => [name, percent.toFixed(1)]);
}

/** The first column to the left, figures to the right. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('   ');
  return ['', line(head), rule, ...rows.map(line)].join('\n');
}
