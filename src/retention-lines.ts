import type { DayFate } from './database/index.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** What `npm run retention` prints before the days. */
export function header(keepDays: number): string {
  const policy = `Days are kept for ${counted(keepDays, 'day')} (BUGLE_RETENTION_DAYS), and while work of theirs waits.`;
  return `${policy}\n\n${columns('day', 'rows, about', 'size')}`;
}

/** One day, with what is done about it and why. `isDry`: it is only said. */
export function lineOf({ day, rows, bytes, fate }: DayFate, isDry: boolean): string {
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  return `${columns(date, Math.round(rows).toLocaleString('en'), sizeOf(bytes))}  ${toldOf(fate, isDry)}`;
}

/** The sum of it. */
export function totalOf(days: readonly DayFate[], isDry: boolean): string {
  const over = days.filter(({ fate }) => fate.kind === 'over');
  const size = sizeOf(over.reduce((sum, { bytes }) => sum + bytes, 0));
  return `\n${isDry ? 'Would be dropped' : 'Dropped'}: ${counted(over.length, 'day')}, ${size}.`;
}

/** Whether a day had to be left for another run. */
export function daysLeft(days: readonly DayFate[]): boolean {
  return days.some(({ fate }) => fate.kind === 'busy');
}

function toldOf(fate: DayFate['fate'], isDry: boolean): string {
  switch (fate.kind) {
    case 'young':
      return 'kept: not old enough';
    case 'waiting':
      return `kept: ${counted(fate.waiting.events, 'event')} and ${counted(fate.waiting.deliveries, 'delivery')} still to be done`;
    case 'over':
      return isDry ? 'would be dropped' : `dropped in ${fate.ms} ms`;
    case 'busy':
      return 'postponed: somebody has been using it for more than 2 s. Run this again';
  }
}

function counted(count: number, what: 'day' | 'event' | 'delivery'): string {
  const several = what === 'delivery' ? 'deliveries' : `${what}s`;
  return `${count} ${count === 1 ? what : several}`;
}

function columns(day: string, rows: string, size: string): string {
  return `${day.padEnd(10)}  ${rows.padStart(13)}  ${size.padStart(9)}`;
}

function sizeOf(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < UNITS.length - 1; unit += 1) size /= 1000;
  return `${size.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}
