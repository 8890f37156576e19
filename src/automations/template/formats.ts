import type { Compiled, Execute } from './engine/compilation.js';
import { compileDocument } from './document/document.js';
import type { TemplateFormat } from '../automation.js';
import type { TemplateLimits } from './limits.js';
import type { BodyFailure } from './engine/runtime-faults.js';
import type { Printing } from './engine/run.js';
import { compileTwig } from './engine/twig.js';

/** The exact body, or why what was rendered is none. */
type Finished = { ok: true; body: string } | { ok: false; failure: BodyFailure };

interface Format {
  printing: Printing;
  compile(source: string, limits: TemplateLimits): Compiled<Execute>;
  /** What is sent of what was rendered. */
  finish(rendered: string): Finished;
}

/** What the formats do differently. */
export const FORMATS: Readonly<Record<TemplateFormat, Format>> = {
  'json-text': { printing: 'escaped', compile: compileTwig, finish: asJson },
  'json-tree': { printing: 'plain', compile: compileDocument, finish: asIs },
  text: { printing: 'plain', compile: compileTwig, finish: asText },
  form: { printing: 'escaped', compile: compileTwig, finish: asForm },
};

function asIs(rendered: string): Finished {
  return { ok: true, body: rendered };
}

function asText(rendered: string): Finished {
  return { ok: true, body: rendered.toWellFormed() };
}

function asJson(rendered: string): Finished {
  const parsed = parseJson(rendered);
  return parsed.ok ? { ok: true, body: rendered } : NOT_JSON;
}

/** Texts as they are and null as nothing; all other values as their JSON, as in the query of a GET. */
function asForm(rendered: string): Finished {
  const parsed = parseJson(rendered);
  if (!parsed.ok) return NOT_JSON;
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NOT_OBJECT;
  const fields = new URLSearchParams();
  for (const [name, field] of Object.entries(value)) fields.append(name, fieldText(field));
  return { ok: true, body: fields.toString() };
}

const NOT_JSON: Finished = { ok: false, failure: 'not_json' };
const NOT_OBJECT: Finished = { ok: false, failure: 'form_not_object' };

function fieldText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
