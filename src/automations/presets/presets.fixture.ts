import { readFileSync } from 'node:fs';
import { PRESETS } from './presets.js';
import { compileTemplate, renderTemplate } from '../template/index.js';
import { contextOf, type Data } from '../template/rendering.fixture.js';

// Specs run compiled, four folders below the repository.
const TEMPLATES = new URL('../../../../templates/', import.meta.url);

const compiled = new Map(
  PRESETS.map(({ name, file, templateFormat: format }) => {
    const result = compileTemplate(readFileSync(new URL(file, TEMPLATES), 'utf8'), { format });
    if (!result.ok) throw new Error(`${file}: ${JSON.stringify(result.faults)}`);
    return [name, result.template];
  }),
);

/** All that a rule sees of an event; a test names only what matters to it. */
export function eventData(more: Data = {}): Data {
  return {
    event: {
      id: 'evt',
      type: 'user.updated',
      occurredAt: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:01.000Z',
    },
    data: { name: 'Jane' },
    changes: null,
    actor: null,
    webhook: { id: 'hook', name: 'Roster' },
    automation: null,
    workspace: { id: 'ws', name: '1st Company', timeZone: 'UTC' },
    delivery: { id: 'dlv' },
    now: '2026-01-01T00:00:02.000Z',
    ...more,
  };
}

/** What a preset sends. */
export function send(name: string, more: Data = {}): { body: string; contentType: string } {
  const template = compiled.get(name);
  if (!template) throw new Error(`There is no preset ${name}.`);
  const rendered = renderTemplate(template, contextOf(eventData(more)));
  if (!rendered.ok) throw new Error(`${name}: ${JSON.stringify(rendered.fault)}`);
  return rendered;
}

/** What the receiver of a preset reads. */
export function message(name: string, more: Data = {}): unknown {
  return JSON.parse(send(name, more).body);
}
