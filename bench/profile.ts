import { readFileSync } from 'node:fs';
import { causeOf, type Place, sourceFolder } from './causes.js';

interface CallFrame extends Place {
  lineNumber: number;
}

interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** A function or a cause, with its share of the time that the process was busy, in percent. */
export interface Share {
  name: string;
  percent: number;
}

/** Where the time went. */
export interface ProfileSummary {
  /** Self time by function. */
  functions: Share[];
  /** Self time by library, by part of Node, and by folder of src. */
  causes: Share[];
  /** Time of functions of src with all that they call. */
  inclusive: Share[];
  /** Share of the measured stretch in which the process was not idle, in percent. */
  busyPercent: number;
}

/** Reads a .cpuprofile. */
export function summarise(file: string): ProfileSummary {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const self = selfTimes(profile);
  const all = sum(self.values());
  const idle = sum(profile.nodes.filter(isIdle).map(({ id }) => self.get(id) ?? 0));
  const busy = profile.nodes.filter((node) => !isIdle(node));
  const shares = (nameOf: (frame: CallFrame) => string): Share[] => {
    const times = new Map<string, number>();
    for (const { id, callFrame } of busy) add(times, nameOf(callFrame), self.get(id) ?? 0);
    return toShares(times, all - idle);
  };
  return {
    functions: shares(functionName),
    causes: shares(causeOf),
    inclusive: toShares(inclusiveTimes(profile, self), all - idle),
    busyPercent: (100 * (all - idle)) / all,
  };
}

function selfTimes({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const times = new Map<number, number>();
  // A delta is the time before its sample: what ran then is the sample before.
  samples.forEach((id, index) => add(times, id, timeDeltas[index + 1] ?? 0));
  return times;
}

/** A function that calls itself, also by way of others, is counted once. */
function inclusiveTimes({ nodes }: CpuProfile, self: Map<number, number>): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  const visit = (id: number, open: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (!node) return 0;
    const name = functionName(node.callFrame);
    const within = new Set(open).add(name);
    const below = (node.children ?? []).map((child) => visit(child, within));
    const total = (self.get(id) ?? 0) + sum(below);
    if (sourceFolder(node.callFrame.url) && !open.has(name)) add(times, name, total);
    return total;
  };
  const [root] = nodes;
  if (root) visit(root.id, new Set());
  return times;
}

function functionName({ functionName: name, url, lineNumber }: CallFrame): string {
  const shown = name || '(anonymous)';
  if (!url) return shown;
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/dist[^/]*\//, '');
  return `${shown}  ${file}:${lineNumber + 1}`;
}

function isIdle({ callFrame }: CpuProfile['nodes'][number]): boolean {
  return callFrame.functionName === '(idle)';
}

function toShares(times: ReadonlyMap<string, number>, whole: number): Share[] {
  return [...times]
    .map(([name, time]) => ({ name, percent: (100 * time) / whole }))
    .toSorted((a, b) => b.percent - a.percent);
}

function add<Key>(times: Map<Key, number>, key: Key, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time);
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}
