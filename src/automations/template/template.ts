import type { Fault } from '../../errors.js';
import type { Execute } from './engine/compilation.js';
import { CONTENT_TYPES, checkContentType } from './content-type.js';
import { faultAt } from './faults.js';
import type { TemplateFormat } from '../automation.js';
import { FORMATS } from './formats.js';
import { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.js';
import { type Piece, Run } from './engine/run.js';
import { type BodyFailure, bodyFault, runtimeFault, START } from './engine/runtime-faults.js';
import { Scope } from './engine/scope.js';
import type { TemplateContext } from './template-context.js';

/** A template that was checked and may be rendered any number of times. */
export interface CompiledTemplate {
  readonly format: TemplateFormat;
  readonly contentType: string;
  readonly limits: TemplateLimits;
  readonly execute: Execute;
  /** About how much memory it keeps, in bytes: for a cache that is bounded by them. */
  readonly bytes: number;
}

/** How a source is to be read; the format `text` may have a content type of its own. */
interface TemplateOptions {
  format: TemplateFormat;
  contentType?: string | null;
  limits?: Partial<TemplateLimits>;
}

type CompileResult = { ok: true; template: CompiledTemplate } | { ok: false; faults: Fault[] };

/** The exact body as it is sent; what it never holds is something that its content type forbids. */
type RenderResult = { ok: true; body: string; contentType: string } | { ok: false; fault: Fault };

/**
 * Parses and checks a template. Never throws: what is wrong with it is answered, with line and column where known. A
 * fault of the content type has the path `contentType`.
 *
 * @example
 * const source = '{"text": "{{ data.name }} joined", "all": {{ data|json }}}';
 * const compiled = compileTemplate(source, { format: 'json-text' });
 */
export function compileTemplate(source: string, options: TemplateOptions): CompileResult {
  const { format, contentType = null } = options;
  const limits = { ...DEFAULT_TEMPLATE_LIMITS, ...options.limits };
  const compiled = FORMATS[format].compile(source, limits);
  const wrongType = checkContentType(format, contentType);
  if (!compiled.ok || wrongType) {
    const faults = compiled.ok ? [] : compiled.faults;
    return { ok: false, faults: wrongType ? [...faults, wrongType] : faults };
  }
  const { made: execute } = compiled;
  const sent = contentType ?? CONTENT_TYPES[format];
  const bytes = estimateBytes(source);
  return { ok: true, template: { format, contentType: sent, limits, execute, bytes } };
}

/**
 * What is kept grows with the words and signs of a source: 50 to 110 bytes for each were measured in templates of 50 to
 * 8000 characters (Node 20), which is 20 bytes for a character of the presets.
 */
function estimateBytes(source: string): number {
  const words = source.match(/\w+|[^\s\w]/g)?.length ?? 0;
  return 1024 + 2 * source.length + 90 * words;
}

/**
 * Renders a template. Never throws: what goes wrong is answered as `template_error`, `template_limit`, `not_json` or
 * `form_not_object`, with no value of the event in it.
 */
export function renderTemplate(template: CompiledTemplate, context: TemplateContext): RenderResult {
  const { execute, limits, format, contentType } = template;
  const run = start(template, context);
  try {
    execute(Scope.root(run, context));
  } catch (error) {
    return { ok: false, fault: runtimeFault(error, run) };
  }
  const finished = FORMATS[format].finish(run.body);
  if (!finished.ok) return { ok: false, fault: explain(finished.failure, template, context) };
  const { body } = finished;
  if (Buffer.byteLength(body) <= limits.body) return { ok: true, body, contentType };
  const message = `The rendered body is larger than ${limits.body} bytes.`;
  return { ok: false, fault: faultAt(START, 'template_limit', message) };
}

function start({ limits, format }: CompiledTemplate, context: TemplateContext): Run {
  return new Run(limits, context.get('now') ?? null, FORMATS[format].printing);
}

/** Renders once more, noting which part writes what: only a body that is refused pays for the position. */
function explain(
  failure: BodyFailure,
  template: CompiledTemplate,
  context: TemplateContext,
): Fault {
  const run = start(template, context);
  const pieces: Piece[] = [];
  run.pieces = pieces;
  template.execute(Scope.root(run, context));
  return bodyFault(failure, run.body, pieces);
}
