import { evaluateCondition } from '../src/automations/condition/index.js';
import { eventContext } from '../src/automations/context/context.js';
import type { Rule } from '../src/automations/rules/rule.js';
import { RuleIndex } from '../src/automations/rules/rule-index.js';
import type { StoredEvent } from '../src/event-bus/index.js';
import type { JsonValue } from '../src/json.js';

/** The automations of one workspace, all on one event type. */
interface Automations {
  title: string;
  /** Those whose condition asks for what the events have. They do match. */
  canMatch: number;
  cannotMatch: number;
  /** Makes a condition of the unit that it asks for. */
  condition: (unit: string) => JsonValue;
}

/** CPU of one event, in microseconds. */
export interface MatchingResult {
  title: string;
  automations: number;
  matched: number;
  /** To find the rules that may match. */
  finding: number;
  /** To find them and to evaluate their conditions. */
  matching: number;
}

const TYPE = 'rankrecord.created';
const WORKSPACE = { id: 'workspace', name: 'workspace', timeZone: 'UTC' };
const EVENTS = 500;
const MIN_MS = 1_000;

const inUnit = (unit: string): JsonValue => ({
  and: [{ '>=': [{ var: 'data.points' }, 100] }, { '==': [{ var: 'data.unit.name' }, unit] }],
});
const byFieldOfItsOwn = (unit: string): JsonValue => ({ '==': [{ var: `data.${unit}` }, 1] });
/** Nothing in it can be looked up. */
const notOutOfUnit = (unit: string): JsonValue => ({
  '!': { '!=': [{ var: 'data.unit.name' }, unit] },
});

const CASES: readonly Automations[] = [
  { title: '1 of 100 can match', canMatch: 1, cannotMatch: 99, condition: inUnit },
  { title: '1 of 1,000', canMatch: 1, cannotMatch: 999, condition: inUnit },
  { title: '1 of 10,000', canMatch: 1, cannotMatch: 9_999, condition: inUnit },
  { title: '100 of 10,000', canMatch: 100, cannotMatch: 9_900, condition: inUnit },
  { title: '10,000 of 10,000', canMatch: 10_000, cannotMatch: 0, condition: inUnit },
  {
    title: '0 of 10,000, a path each',
    canMatch: 0,
    cannotMatch: 10_000,
    condition: byFieldOfItsOwn,
  },
  { title: '1 of 10,000, no index', canMatch: 1, cannotMatch: 9_999, condition: notOutOfUnit },
];

/** What it costs to find the rules that match an event, in this very process. */
export function measureMatching(progress: (text: string) => void): MatchingResult[] {
  return CASES.map((automations) => {
    progress(`matching: ${automations.title}`);
    return measure(automations);
  });
}

function measure({ title, canMatch, cannotMatch, condition }: Automations): MatchingResult {
  const index = new RuleIndex();
  for (let number = 0; number < canMatch + cannotMatch; number++) {
    index.put(ruleOf(number, condition(number < canMatch ? 'Alpha' : `Unit ${number}`)));
  }
  const events = Array.from({ length: EVENTS }, (_, number) => eventOf(number));
  let matched = 0;
  const finding = cpuPerEvent(events, (event) => find(index, event));
  const matching = cpuPerEvent(events, (event) => (matched = match(index, event)));
  return { title, automations: canMatch + cannotMatch, matched, finding, matching };
}

function find(index: RuleIndex, event: StoredEvent): readonly Rule[] {
  return index.candidates(event.type, eventContext(event, WORKSPACE, event.createdAt));
}

/** How many match. */
function match(index: RuleIndex, event: StoredEvent): number {
  const context = eventContext(event, WORKSPACE, event.createdAt);
  let matched = 0;
  for (const { condition } of index.candidates(event.type, context)) {
    const result = evaluateCondition(condition, context);
    if (result.ok && result.matched) matched++;
  }
  return matched;
}

/** Microseconds, all threads of the process together: what the garbage collector does beside counts too. */
function cpuPerEvent(
  events: readonly StoredEvent[],
  work: (event: StoredEvent) => unknown,
): number {
  for (const event of events.slice(0, EVENTS / 5)) work(event);
  const began = performance.now();
  const before = process.cpuUsage();
  let done = 0;
  while (performance.now() - began < MIN_MS) {
    const event = events[done++ % events.length];
    if (event) work(event);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

function ruleOf(number: number, condition: JsonValue): Rule {
  const id = `019aa2f0-5c1e-7a52-9d0b-${String(number).padStart(12, '0')}`;
  return {
    id,
    automation: { id, name: `automation ${number}` },
    webhook: { id: 'webhook', name: 'webhook', method: 'POST' },
    workspaceId: WORKSPACE.id,
    revision: 1,
    triggers: [TYPE],
    condition,
    template: null,
    templateFormat: 'json-text',
    contentType: null,
    priority: number % 10,
  };
}

function eventOf(number: number): StoredEvent {
  const at = '2026-06-01T08:07:44.000Z';
  return {
    id: `019aa2f0-5c1e-7a52-9d0c-${String(number).padStart(12, '0')}`,
    workspaceId: WORKSPACE.id,
    type: TYPE,
    sourceId: null,
    data: { id: number, unit: { id: 11, name: 'Alpha' }, points: 100 + number, tags: ['pilot'] },
    changes: { points: { old: 90, new: 100 + number } },
    actor: { type: 'user', id: 7 },
    occurredAt: at,
    createdAt: at,
    targetWebhookId: null,
  };
}
