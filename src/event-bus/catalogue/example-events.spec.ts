import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_IN_EVENT_TYPES, builtInEventType, isOperational } from './index.js';

interface PublishedEvent {
  type: string;
  data: Record<string, unknown>;
  changes?: Record<string, { old: unknown; new: unknown }>;
  id?: string;
  occurredAt?: string;
}

const text = readFileSync(join(process.cwd(), 'examples', 'events.jsonl'), 'utf8');
const lines = text.trimEnd().split('\n');
const events = lines.map((line): PublishedEvent => JSON.parse(line));

const FIELDS = new Set(['type', 'data', 'changes', 'actor', 'occurredAt', 'id']);

describe('examples/events.jsonl', () => {
  it('has at least 48 events, over every built-in type that a producer publishes', () => {
    expect(events.length).toBeGreaterThanOrEqual(48);
    const types = new Set(events.map((event) => event.type));
    const expected = BUILT_IN_EVENT_TYPES.map((type) => type.name).filter(
      (name) => name !== 'webhook.test' && !isOperational(name),
    );
    expect([...types].toSorted()).toEqual(expected.toSorted());
  });

  it.each(events)('line %# ($type) is a body that can be published', (event) => {
    expect(builtInEventType(event.type)).toBeDefined();
    expect(Object.keys(event).filter((key) => !FIELDS.has(key))).toEqual([]);
    expect(event.data).toEqual(expect.any(Object));
    const { occurredAt = '2026-01-01T00:00:00.000Z' } = event;
    expect(new Date(occurredAt).toISOString()).toBe(occurredAt);
  });

  it('has changes that agree with the record on each update, and on nothing else', () => {
    for (const { type, data, changes } of events) {
      expect(changes !== undefined).toBe(type.endsWith('.updated'));
      for (const [field, change] of Object.entries(changes ?? {})) {
        expect(change.new).toEqual(data[field] ?? null);
      }
    }
  });

  it('gives a demonstration something to match and something to leave', () => {
    const promotions = events.filter((event) => event.type === 'rankrecord.created');
    const high = promotions.filter(({ data }) => Number(data.points) >= 100);
    expect(high.length).toBeGreaterThan(0);
    expect(high.length).toBeLessThan(promotions.length);
  });

  it('has no id twice, and the line separators that readers of lines trip over only escaped', () => {
    const ids = events.map((event) => event.id).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    expect(text).not.toMatch(/[\u2028\u2029\r]/);
    expect(events.some((event) => JSON.stringify(event).includes('\u2028'))).toBe(true);
  });
});
