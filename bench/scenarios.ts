import type { JsonObject } from '../src/json.js';

/** What is published, and the one rule that matches it. */
export interface Scenario {
  name: 'webhook' | 'automation';
  title: string;
  /** Undefined: a plain webhook with the default payload. */
  automation?: { condition: JsonObject; template: string };
}

export const EVENT_TYPE = 'user.updated';

const TEMPLATE = `{
  "title": "{{ data.name }} is now {{ data.rank.name }}",
  "text": "{{ data.name }} <{{ data.email }}> of {{ data.unit.name|upper }} has {{ data.points }} points.",
  "number": {{ data.number }},
  "about": {{ data.profile.about|json }},
  "approved": {{ data.approved ? 'true' : 'false' }},
  "tags": "{{ data.tags|join(', ') }}",
  "fields": [
    {%- for name, change in changes %}
    { "name": "{{ name|capitalize }}", "old": {{ change.old|json }}, "new": {{ change.new|json }} }{{ loop.last ? '' : ',' }}
    {%- endfor %}
  ],
  "footer": { "actor": {{ (actor.name ?? 'nobody')|json }}, "at": "{{ event.occurredAt }}" }
}`;

/** The two ways through Bugle: the shortest one, and one with a condition and a template of about 1 KB. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'webhook', title: 'plain webhook, default payload' },
  {
    name: 'automation',
    title: 'condition and 1 KB template',
    automation: {
      condition: {
        and: [
          { '>=': [{ var: 'data.points' }, 100] },
          { in: [{ var: 'data.rank.abbreviation' }, ['SGT', 'CPT', 'MAJ']] },
          { '!=': [{ var: 'changes.rank.old.id' }, { var: 'changes.rank.new.id' }] },
        ],
      },
      template: TEMPLATE,
    },
  },
];

const ABOUT = 'Joined in spring, leads the second squad, and "never" misses a drill — ★. '.repeat(
  6,
);

/** An event of about 1 KB. Its number comes back in what is sent, by which the receiver tells events apart. */
export function eventBody(number: number): string {
  const old = { id: 5, name: 'Sergeant', abbreviation: 'SGT' };
  const rank = { id: 9, name: 'Captain', abbreviation: 'CPT' };
  return JSON.stringify({
    type: EVENT_TYPE,
    data: {
      number,
      id: 1000 + (number % 500),
      name: `Zoë Łukasiewicz ${number % 500}`,
      email: `member-${number % 500}@example.org`,
      status: { id: 2, name: 'Active' },
      rank,
      unit: { id: 11, name: 'Alpha Company', abbreviation: 'A Co' },
      points: 100 + (number % 50),
      approved: true,
      profile: { about: ABOUT, timezone: 'Europe/Warsaw' },
      tags: ['pilot', 'radio', 'transfer'],
    },
    changes: { rank: { old, new: rank }, points: { old: 90, new: 100 + (number % 50) } },
    actor: { type: 'user', id: 7, name: 'Margit Sørensen' },
    occurredAt: '2026-06-01T08:07:44.000Z',
  });
}
