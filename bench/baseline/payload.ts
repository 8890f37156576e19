import type { JsonObject } from '../../src/json.js';
import type { Scenario } from '../scenarios.js';

/** An event of the benchmark, as the baseline knows it: no engine, the rules are written in TypeScript. */
export interface BenchEvent {
  type: string;
  data: {
    number: number;
    name: string;
    email: string;
    rank: { name: string; abbreviation: string };
    unit: { name: string };
    points: number;
    approved: boolean;
    profile: { about: string };
    tags: string[];
  };
  changes: Record<string, { old: JsonObject; new: JsonObject }>;
  actor?: { name?: string };
  occurredAt: string;
}

/** Ids and time that the default payload names. */
export interface Names {
  eventId: string;
  deliveryId: string;
  createdAt: string;
}

/** What is sent for an event, or undefined when the condition does not hold. */
export function payloadOf(
  scenario: Scenario['name'],
  event: BenchEvent,
  names: Names,
): string | undefined {
  if (scenario === 'webhook') return defaultPayload(event, names);
  return isWanted(event) ? message(event) : undefined;
}

function defaultPayload({ type, data, changes }: BenchEvent, names: Names): string {
  return JSON.stringify({
    event: type,
    created: names.createdAt,
    request_id: names.deliveryId,
    trace_id: names.eventId,
    data,
    changes,
  });
}

function isWanted({ data, changes }: BenchEvent): boolean {
  return (
    data.points >= 100 &&
    ['SGT', 'CPT', 'MAJ'].includes(data.rank.abbreviation) &&
    changes.rank?.old.id !== changes.rank?.new.id
  );
}

function message({ data, changes, actor, occurredAt }: BenchEvent): string {
  return JSON.stringify({
    title: `${data.name} is now ${data.rank.name}`,
    text: `${data.name} <${data.email}> of ${data.unit.name.toUpperCase()} has ${data.points} points.`,
    number: data.number,
    about: data.profile.about,
    approved: data.approved,
    tags: data.tags.join(', '),
    fields: Object.entries(changes).map(([name, change]) => ({
      name: name.charAt(0).toUpperCase() + name.slice(1),
      old: change.old,
      new: change.new,
    })),
    footer: { actor: actor?.name ?? 'nobody', at: occurredAt },
  });
}
