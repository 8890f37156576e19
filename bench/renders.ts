import {
  createSource,
  createSynchronousArrayLoader,
  createSynchronousEnvironment,
  createSynchronousTemplate,
} from 'twing/light';
import { EvaluationPool } from '../src/automations/evaluation/pool.js';
import type { Task } from '../src/automations/evaluation/messages.js';
import type { StoredEvent } from '../src/event-bus/index.js';

/** Renders per second. */
export interface RenderResult {
  /** Stock Twing in this thread: parsed once, no limits, no check that the result is JSON. */
  twing: number;
  /** Through the pool as the server has it: copied there, rendered, checked, copied back. */
  pool: number;
}

/** A Discord embed of 1 KB with ten members, in the words that both engines know. */
const EMBED = `{
  "username": "{{ workspace.name }}",
  "content": "**{{ data.name|upper }}** joined {{ data.unit.name|default('no unit') }}",
  "embeds": [{
    "title": "{{ event.type }} in {{ data.unit.name }}",
    "description": "{{ data.name }} was promoted from {{ changes.rank.old }} to {{ changes.rank.new }} by {{ actor.name }}.",
    "color": {{ data.points > 1000 ? 3066993 : 5793266 }},
    "fields": [
      {% for member in data.members %}
      { "name": "{{ loop.index }}. {{ member.rank }} {{ member.name }}", "value": "{{ member.hours }} h, {{ member.status|capitalize }}", "inline": {{ loop.index is even ? 'true' : 'false' }} }{{ loop.last ? '' : ',' }}
      {% endfor %}
    ],
    "footer": { "text": "{{ workspace.name }}, {{ data.members|length }} members" },
    "timestamp": "{{ event.occurredAt }}"
  }]
}`;

const WORKSPACE = { id: 'workspace', name: 'Bravo Company', timeZone: 'UTC' };
const NOW = '2026-01-31T12:00:00.000Z';
const CHUNK = 200;
const ROUNDS = 3;
const ROUND_MS = 1_500;

/** The two take turns; the best round of each counts, since other work on the machine can only slow them. */
export async function measureRenders(progress: (text: string) => void): Promise<RenderResult> {
  progress('renders: the pool against stock Twing');
  const best: RenderResult = { twing: 0, pool: 0 };
  const pool = newPool();
  const twing = stockTwing();
  // One round to warm up.
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { twing: perSecondOf(twing), pool: await perSecondThrough(pool) };
    if (round === 0) continue;
    best.twing = Math.max(best.twing, measured.twing);
    best.pool = Math.max(best.pool, measured.pool);
  }
  await pool.stop();
  return best;
}

function stockTwing(): (number: number) => string {
  const environment = createSynchronousEnvironment(createSynchronousArrayLoader({}));
  const source = createSource('embed', EMBED);
  const template = createSynchronousTemplate(environment.parse(environment.tokenize(source)));
  return (number) => {
    const { id, type, occurredAt, data, changes, actor } = eventOf(number);
    const event = { id, type, occurredAt };
    return template.render(environment, { event, data, changes, actor, workspace: WORKSPACE });
  };
}

function perSecondOf(render: (number: number) => string): number {
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < ROUND_MS) JSON.parse(render(count++));
  return (count / (performance.now() - began)) * 1_000;
}

/** Two chunks under way, as the dispatch has them. */
async function perSecondThrough(pool: EvaluationPool): Promise<number> {
  const began = performance.now();
  let count = 0;
  const work = async () => {
    while (performance.now() - began < ROUND_MS) {
      const results = await pool.run('workspace', tasksFrom(count));
      const wrong = results.find((result) => !('outcome' in result && 'body' in result.outcome));
      if (wrong) throw new Error(`the embed was not rendered: ${JSON.stringify(wrong)}`);
      count += CHUNK;
    }
  };
  await Promise.all([work(), work()]);
  return (count / (performance.now() - began)) * 1_000;
}

function newPool(): EvaluationPool {
  return new EvaluationPool({
    entry: new URL('../src/automations/evaluation/evaluation-thread.js', import.meta.url),
    settings: {
      maxTemplateBytes: 32_768,
      maxBodyBytes: 262_144,
      maxConditionBytes: 16_384,
      cacheBytes: 16 * 1024 * 1024,
    },
    threads: 1,
    timeoutMs: 10_000,
    maxMemoryMb: 64,
    maxStrikes: 3,
    onThreadEnd: (ended) => {
      throw new Error(`a thread ended: ${ended}`);
    },
    onStartFailed: (error) => {
      throw error;
    },
  });
}

function tasksFrom(first: number): Task[] {
  return Array.from({ length: CHUNK }, (_, index) => ({
    kind: 'try' as const,
    trial: {
      rule: RULE,
      event: eventOf(first + index),
      workspace: WORKSPACE,
      now: NOW,
      deliveryId: 'delivery',
    },
  }));
}

const RULE = {
  id: 'rule',
  automation: { id: 'rule', name: 'Embed' },
  webhook: { id: 'webhook', name: 'Discord', method: 'POST' as const },
  workspaceId: 'workspace',
  revision: 1,
  triggers: ['rankrecord.created'],
  condition: null,
  template: EMBED,
  templateFormat: 'json-text' as const,
  contentType: null,
  priority: 0,
};

function eventOf(number: number): StoredEvent {
  const members = Array.from({ length: 10 }, (_, index) => ({
    name: `Member ${number}-${index}`,
    rank: 'SGT',
    hours: index * 7,
    status: 'active',
  }));
  return {
    id: `event ${number}`,
    workspaceId: 'workspace',
    type: 'rankrecord.created',
    sourceId: null,
    data: { name: `Jana ${number}`, points: number, unit: { name: 'Alpha' }, members },
    changes: { rank: { old: 'Private', new: 'Sergeant' } },
    actor: { id: 1, name: 'Ada' },
    occurredAt: NOW,
    createdAt: NOW,
    targetWebhookId: null,
  };
}
