// npm run demo
// Starts Bugle and a receiver, registers four rules, replays examples/events.jsonl, and holds what has arrived
// against what should have. Ends by itself, with exit code 0 only when all is as expected.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Call, startBugle } from './demo/bugle.js';
import { type Arrival, startReceiver } from './demo/receiver.js';
import {
  badOrder,
  type DemoEvent,
  type DemoRule,
  orderPaid,
  readEvents,
  rules,
} from './demo/rules.js';

/** What the demo reads of a delivery in Bugle's log. */
interface Delivery {
  id: string;
  eventId: string;
  webhookId: string;
  status: string;
  lastStatusCode: number | null;
  lastDurationMs: number | null;
}

const PATIENCE_MS = 20_000;

/** What is to be undone at the end, the last first. */
const undo: (() => Promise<void> | void)[] = [];

async function demo(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bugle-demo-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const receiver = await startReceiver(
    new Map(rules.map(({ webhook }) => [`/${webhook.name}`, webhook.secret])),
  );
  undo.push(receiver.stop);
  const { address, call, stop } = await startBugle(folder);
  undo.push(stop);
  console.log(`Bugle runs on ${address}, a receiver on ${receiver.address}.`);

  await call('/v1/event-types', orderPaid);
  const webhookIds = await register(call, receiver.address);
  const events = readEvents();
  const { eventIds, faults } = await publish(call, events);
  const expected = countMatches(events);
  const log = await readLog(call, expected);

  const rows = events.flatMap((event, index) =>
    rules
      .filter((rule) => rule.hears(event.type))
      .map((rule) => {
        const ids = { eventId: eventIds[index], webhookId: webhookIds.get(rule) };
        return compare(event, rule, ids, { log, arrivals: receiver.arrivals });
      }),
  );
  const head = ['event', 'rule', 'matched', 'status', 'ms', 'verified'];
  console.log(`\n${[head, ...rows].map(tableLine).join('\n')}`);
  const counts = `${log.length} deliveries, ${receiver.arrivals.length} requests`;
  console.log(`\n${events.length} events, ${rules.length} rules: ${counts}; ${expected} expected.`);
  const isCountGood = log.length === expected && receiver.arrivals.length === expected;
  // A row ends with what is wrong about it.
  const wrong = rows.filter((row) => row.at(-1)).map((row) => row.join(' '));
  return [...faults, ...wrong, ...(isCountGood ? [] : [`${counts}, but ${expected} expected`])];
}

/** Creates the rules. Answers the id of each rule's webhook. */
async function register(call: Call, receiver: string): Promise<Map<DemoRule, string>> {
  const ids = new Map<DemoRule, string>();
  for (const rule of rules) {
    const { name } = rule.webhook;
    const webhook = { ...rule.webhook, url: `${receiver}/${name}` };
    const { id } = await call<{ id: string }>('/v1/webhooks', webhook);
    ids.set(rule, id);
    if (rule.automation) await call('/v1/automations', { name, webhookId: id, ...rule.automation });
  }
  return ids;
}

/** Publishes all, and again each that has an id of its producer's: it must count once. */
async function publish(call: Call, events: readonly DemoEvent[]) {
  const [eventIds, faults]: [string[], string[]] = [[], []];
  for (const event of events) {
    const { id } = await call<{ id: string }>('/v1/events', event);
    eventIds.push(id);
    const again = event.id ? await call<{ id: string }>('/v1/events', event) : { id };
    if (again.id !== id) faults.push(`${event.type} ${event.id} was taken for two events`);
  }
  const refusal = await call('/v1/events', badOrder).catch((error: Error) => error.message);
  if (typeof refusal !== 'string') faults.push('an order that breaks its schema was accepted');
  else console.log(`An order that breaks its schema was refused: ${refusal}`);
  return { eventIds, faults };
}

/** Counted from the rules as they are written here, not from what Bugle says. */
function countMatches(events: readonly DemoEvent[]): number {
  return events.flatMap((event) => rules.filter((rule) => shouldMatch(rule, event))).length;
}

function shouldMatch({ hears, holds }: DemoRule, event: DemoEvent): boolean {
  return hears(event.type) && (holds?.(event) ?? true);
}

/** The log, once as many deliveries as expected have ended; at the latest after 20 s. */
async function readLog(call: Call, expected: number): Promise<Delivery[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { data } = await call<{ data: Delivery[] }>('/v1/deliveries?limit=100');
    const ended = data.filter(({ status }) => status === 'delivered' || status === 'failed');
    if (ended.length >= expected || Date.now() > deadline) return data;
    await pause(50);
  }
}

/** A row of the table: what came of an event and a rule that listens to its type, and what is wrong about it. */
function compare(
  event: DemoEvent,
  rule: DemoRule,
  ids: { eventId?: string; webhookId?: string },
  { log, arrivals }: { log: readonly Delivery[]; arrivals: readonly Arrival[] },
): string[] {
  const delivery = log.find(
    ({ eventId, webhookId }) => eventId === ids.eventId && webhookId === ids.webhookId,
  );
  const requests = arrivals.filter(({ deliveryId }) => deliveryId === delivery?.id);
  const isVerified = requests.length > 0 && requests.every(({ verified }) => verified);
  const row = [event.type, rule.webhook.name];
  if (!delivery) return [...row, 'no', '', '', '', shouldMatch(rule, event) ? 'has to match' : ''];
  const { status, lastStatusCode, lastDurationMs } = delivery;
  const verified = isVerified ? 'yes' : 'NO';
  row.push('yes', String(lastStatusCode ?? ''), String(lastDurationMs ?? ''), verified);
  if (!shouldMatch(rule, event)) return [...row, 'must not match'];
  const isGood = status === 'delivered' && requests.length === 1 && isVerified;
  return [...row, isGood ? '' : `is ${status}, has come ${requests.length} times`];
}

function tableLine([event = '', rule = '', matched = '', status = '', ms = '', ...rest]: string[]) {
  const left = `${event.padEnd(28)} ${rule.padEnd(11)} ${matched.padEnd(8)}`;
  return `${left} ${status.padStart(6)} ${ms.padStart(5)}   ${rest.join('  ')}`.trimEnd();
}

let ending: Promise<never> | undefined;

/** Ctrl-C ends the demo as its own end does: everything stopped, nothing left behind. */
function end(code: number): Promise<never> {
  return (ending ??= cleanUp().then(() => process.exit(code)));
}

async function cleanUp(): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
}

process.on('SIGINT', () => void end(130)).on('SIGTERM', () => void end(143));
try {
  const faults = await demo();
  console.log(faults.length ? `Not as expected:\n${faults.join('\n')}` : 'All is as expected.');
  await end(faults.length ? 1 : 0);
} catch (error) {
  // After Ctrl-C, what was under way fails: that is no news.
  if (!ending) console.error(error);
  await end(1);
}
