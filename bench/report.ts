import type { Percentiles } from './load/latency.js';
import type { ThroughputResult } from './load/throughput.js';
import { type LatencyComparison, median, type ThroughputComparison } from './measurements.js';
import type { BacklogComparison } from './backlog.js';
import type { FanOutComparison } from './fan-out.js';
import type { NeighbourComparison } from './neighbours.js';
import type { ProfileSummary, Share } from './profile.js';
import type { RenderResult } from './renders.js';
import type { MatchingResult } from './rules.js';
import type { SoakMinute } from './soak.js';
import type { WorkersComparison } from './workers.js';

const MIB = 1024 * 1024;
const TOP = 30;
const PERCENTILES = ['p50', 'p95', 'p99'] as const satisfies readonly (keyof Percentiles)[];

/** Medians of all rounds, and the ratio. */
export function throughputTable(comparisons: readonly ThroughputComparison[]): string {
  const rows = comparisons.flatMap(({ title, baseline, bugle, ratio }) => [
    [title, '', '', ''],
    row('  events/s', baseline, bugle, (run) => run.eventsPerSecond).concat(ratio.toFixed(2)),
    row('  CPU of the server, µs/event', baseline, bugle, (run) => run.cpuMicrosPerEvent).concat(
      '',
    ),
    row(
      '  CPU of PostgreSQL, µs/event',
      baseline,
      bugle,
      (run) => run.postgresMicrosPerEvent,
    ).concat(''),
    row(
      '  CPU of load and receiver, µs/event',
      baseline,
      bugle,
      (run) => run.loadMicrosPerEvent,
    ).concat(''),
    row('  RSS of the server, peak, MiB', baseline, bugle, (run) => run.peakRss / MIB).concat(''),
  ]);
  return table(['throughput, 64 clients', 'baseline', 'Bugle', 'ratio'], rows);
}

/** Percentiles of each, in milliseconds. */
export function latencyTable({ baseline, bugle, bull }: LatencyComparison): string {
  const programs = [baseline, bugle, ...(bull ? [bull] : [])];
  const title = `latency, ${bugle.perSecond} events/s, ms`;
  const rows = (['accepted', 'posted'] as const).flatMap((from) => [
    [from === 'accepted' ? '202 → request seen' : 'POST → request seen', ...programs.map(() => '')],
    ...PERCENTILES.map((name) => [
      `  ${name}`,
      ...programs.map((program) => program[from][name].toFixed(1)),
    ]),
  ]);
  return table([title, 'baseline', 'Bugle', ...(bull ? ['Bugle, Bull'] : [])], rows);
}

/** Deliveries of events that ten webhooks get. */
export function fanOutTable({ sender, bugle, ratio }: FanOutComparison): string {
  const cells = [...rates(sender, bugle), ratio.toFixed(2)];
  const head = ['batches of 100 events, fan-out 10', 'sender alone', 'Bugle', 'ratio'];
  return table(head, [['deliveries/s', ...cells]]);
}

/** What healthy targets notice of one that hangs. */
export function neighboursTable({ without, with: withHung, ratio }: NeighbourComparison): string {
  const rows = PERCENTILES.map((name) => [
    `  ${name}`,
    without[name].toFixed(1),
    withHung[name].toFixed(1),
    name === 'p99' ? ratio.toFixed(2) : '',
  ]);
  return table(
    ['99 healthy targets, 202 → request seen, ms', 'alone', 'and one hung', 'ratio'],
    rows,
  );
}

/** What a queue full of due deliveries does to everybody else, and how the claim finds its own. */
export function backlogTable({ due, empty, full, ratio, plan }: BacklogComparison): string {
  const cells = [...rates(empty, full), ratio.toFixed(2)];
  const head = ['deliveries due in the table', 'none', String(due), 'ratio'];
  return [table(head, [['events/s', ...cells]]), '', 'The plan of the claim:', ...plan].join('\n');
}

/** What a second worker brings. */
export function workersTable(comparisons: readonly WorkersComparison[]): string {
  const rows = comparisons.map(({ title, one, two, ratio }) => [
    title,
    ...rates(one, two),
    ratio.toFixed(2),
  ]);
  return table(['worker processes, deliveries/s', 'one', 'two', 'ratio'], rows);
}

/** Memory and latency, minute by minute. */
export function soakTable(minutes: readonly SoakMinute[]): string {
  const rows = minutes.map(({ rss, peakRss, p99 }, index) => [
    String(index + 1),
    (rss / MIB).toFixed(0),
    (peakRss / MIB).toFixed(0),
    p99.toFixed(1),
  ]);
  return table(['soak, minute', 'RSS, MiB', 'peak RSS, MiB', 'p99, ms'], rows);
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

/** Medians. */
function rates(...rounds: readonly (readonly number[])[]): string[] {
  return rounds.map((values) => median(values).toFixed(0));
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
