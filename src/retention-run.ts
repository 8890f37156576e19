import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { type Config, loadConfig } from './config/index.js';
import { type DayFate, dropOldDays, openOneConnection, surveyRetention } from './database/index.js';
import { runProgram, say } from './program.js';
import { daysLeft, header, lineOf, totalOf } from './retention-lines.js';
import { reasonOf, StartupError } from './startup-error.js';

/** `npm run retention`: drops the days that are over, as workers do every hour. With --dry-run it only says which. */
async function main(): Promise<void> {
  const isDry = isDryRun();
  const config = loadConfig();
  const dataSource = await openOneConnection(config);
  try {
    await requireTables(dataSource, config);
    await (isDry ? show(dataSource, config) : drop(dataSource, config));
  } finally {
    await dataSource.destroy();
  }
}

function isDryRun(): boolean {
  try {
    const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' } } });
    return values['dry-run'] ?? false;
  } catch (error) {
    throw new StartupError(undefined, `${reasonOf(error)}. The only option is --dry-run`);
  }
}

async function requireTables(dataSource: DataSource, config: Config): Promise<void> {
  const [found] = await dataSource.query<{ table: string | null }[]>(
    `SELECT to_regclass('delivery_queue') AS table`,
  );
  if (found?.table) return;
  throw new StartupError(
    'BUGLE_SCHEMA',
    `is ${config.BUGLE_SCHEMA}, and there are no tables of Bugle in it. Start Bugle once, or run npm run migrate`,
  );
}

async function show(dataSource: DataSource, config: Config): Promise<void> {
  const days = await surveyRetention(dataSource, policyOf(config));
  say(header(config.BUGLE_RETENTION_DAYS));
  for (const day of days) say(lineOf(day, true));
  say(totalOf(days, true));
}

async function drop(dataSource: DataSource, config: Config): Promise<void> {
  const days: DayFate[] = [];
  say(header(config.BUGLE_RETENTION_DAYS));
  const onDay = (day: DayFate): void => {
    days.push(day);
    say(lineOf(day, false));
  };
  if (!(await dropOldDays(dataSource, policyOf(config), { onDay }))) {
    throw new StartupError(undefined, 'another process is dropping old days at this moment');
  }
  say(totalOf(days, false));
  if (daysLeft(days)) process.exitCode = 1;
}

function policyOf(config: Config) {
  return { keepDays: config.BUGLE_RETENTION_DAYS, now: Date.now() };
}

await runProgram(main, 'Nothing was dropped');
