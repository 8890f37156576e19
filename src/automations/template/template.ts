import type { Fault } from '../../errors.js';
import type { Execute } from './engine/compilation.js';
import { CONTENT_TYPES, checkContentType } from './content-type.js';
import { faultAt } from './faults.js';
import type { TemplateFormat } from '../automation.js';
import { FORMATS } from './formats.js';
import { DEFAULT_TEMPLATE_LIMITS, TemplateFailure, type TemplateLimits } from './limits.js';
import { type Piece, Run } from './engine/run.js';
import { type BodyFailure, bodyFault, runtimeFault, START } from './engine/runtime-faults.js';
import { Scope } from './engine/scope.js';
import type { TemplateContext } from './template-context.js';

const TWIG = /\{[{%#]/;

const BYTES_OF_A_TEMPLATE = 1024;

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
  const wrong = alwaysWrong(source, format);
  if (wrong) return { ok: false, faults: [wrong] };
  const bytes = BYTES_OF_A_TEMPLATE + 2 * source.length + compiled.bytes;
  return { ok: true, template: { format, contentType: sent, limits, execute, bytes } };
}

/** Without Twig in it, every body is the source itself: it need not wait for an event to be refused. */
function alwaysWrong(source: string, format: TemplateFormat): Fault | undefined {
  if (TWIG.test(source)) return undefined;
  const finished = FORMATS[format].finish(source);
  if (finished.ok || format === 'json-tree') return undefined;
  const pieces = [{ text: source, place: START, literal: true }];
  return bodyFault(finished.failure, source, pieces);
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
  if (!finished.ok) {
    const refused = { failure: finished.failure, run };
    return { ok: false, fault: explain(refused, template, context) };
  }
  const { body } = finished;
  if (Buffer.byteLength(body) <= limits.body) return { ok: true, body, contentType };
  const message = `The rendered body is larger than ${limits.body} bytes.`;
  return { ok: false, fault: faultAt(START, 'template_limit', message) };
}

function start({ limits, format }: CompiledTemplate, context: TemplateContext): Run {
  return new Run(limits, context.get('now') ?? null, FORMATS[format].printing);
}

/**
 * Renders once more, noting which part writes what: only a body that is refused pays for the position. Both renders
 * together cost no more than one may; where the second one ends for that, the place is the last one it came to.
 */
function explain(
  { failure, run: first }: { failure: BodyFailure; run: Run },
  template: CompiledTemplate,
  context: TemplateContext,
): Fault {
  const limits = { ...template.limits, ...first.meter.left };
  const run = start({ ...template, limits }, context);
  const pieces: Piece[] = [];
  run.pieces = pieces;
  try {
    template.execute(Scope.root(run, context));
  } catch (error) {
    if (!(error instanceof TemplateFailure)) return runtimeFault(error, run);
  }
  return bodyFault(failure, first.body, pieces);
}
