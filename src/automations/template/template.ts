import type { Fault } from '../../errors.js';
import type { Execute } from './compilation.js';
import { compileTree } from './compiler.js';
import { faultOf, syntaxFault } from './faults.js';
import type { JsonValue } from '../../json.js';
import { type TemplateValue, toTemplateValue } from './json-value.js';
import { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.js';
import { parse } from './parser.js';
import { Run } from './run.js';
import { notJsonFault, runtimeFault } from './runtime-faults.js';
import { Scope } from './scope.js';

/** A template that was checked and may be rendered any number of times. */
export class CompiledTemplate {
  constructor(
    readonly execute: Execute,
    readonly limits: TemplateLimits,
  ) {}
}

/** The data that templates of one event share. They cannot change it. */
export type TemplateContext = ReadonlyMap<string, TemplateValue>;

export type CompileResult =
  { ok: true; template: CompiledTemplate } | { ok: false; faults: Fault[] };
export type RenderResult = { ok: true; body: string } | { ok: false; fault: Fault };

/**
 * Parses and checks a template. Never throws: what is wrong with it is answered, with line and column where known.
 *
 * @example
 * const compiled = compileTemplate('{"text": "{{ data.name }} joined", "all": {{ data|json }}}');
 */
export function compileTemplate(
  source: string,
  limits: Partial<TemplateLimits> = {},
): CompileResult {
  const all = { ...DEFAULT_TEMPLATE_LIMITS, ...limits };
  const parsed = parse(source, all);
  if (!parsed.ok) return parsed;
  try {
    const { execute, faults } = compileTree(parsed.tree, all.depth);
    if (faults.length > 0) return { ok: false, faults: [...faults] };
    return { ok: true, template: new CompiledTemplate(execute, all) };
  } catch (error) {
    return { ok: false, faults: [syntaxFault(error)] };
  }
}

/** Converts JSON data once, for all templates of an event. The data must not be changed afterwards. */
export function toTemplateContext(data: { readonly [name: string]: JsonValue }): TemplateContext {
  return new Map(Object.entries(data).map(([name, value]) => [name, toTemplateValue(value)]));
}

/**
 * Renders a template. Never throws: what goes wrong is answered as `template_error`, `template_limit` or `not_json`,
 * with no value of the event in it. The body is exactly what the template wrote, and it is valid JSON.
 */
export function renderTemplate(template: CompiledTemplate, context: TemplateContext): RenderResult {
  const run = start(template, context);
  try {
    template.execute(Scope.root(run, context));
  } catch (error) {
    return { ok: false, fault: runtimeFault(error, run.place) };
  }
  const { body } = run;
  if (Buffer.byteLength(body) > template.limits.body) {
    const message = `The rendered body is larger than ${template.limits.body} bytes.`;
    return { ok: false, fault: faultOf('template_limit', message) };
  }
  if (isJson(body)) return { ok: true, body };
  return { ok: false, fault: explainNotJson(body, template, context) };
}

function start(template: CompiledTemplate, context: TemplateContext): Run {
  return new Run(template.limits, context.get('now') ?? null);
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

/** Renders once more, noting which part writes what: only a body that is refused pays for the position. */
function explainNotJson(body: string, template: CompiledTemplate, context: TemplateContext): Fault {
  const run = start(template, context);
  run.pieces = [];
  template.execute(Scope.root(run, context));
  return notJsonFault(body, run.pieces);
}
