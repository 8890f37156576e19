import type { TemplateFormat } from '../automation.js';
import { Context } from '../context/context.js';
import type { Fault } from '../../errors.js';
import type { JsonValue } from '../../json.js';
import { compileTemplate, renderTemplate, TemplateContext } from './index.js';
import type { TemplateLimits } from './limits.js';

/** Data for one render; a test names only what matters to it. */
export type Data = { readonly [name: string]: JsonValue };

/** Compiles and renders in one go: the parsed body, or the code of what went wrong. */
export function render(source: string, data: Data = {}, limits?: Partial<TemplateLimits>): unknown {
  const result = attempt(source, data, { limits });
  return result.ok ? JSON.parse(result.body) : `fault: ${result.code}`;
}

/** An expression's value, by way of `|json`. */
export function evaluate(expression: string, data: Data = {}): unknown {
  return render(`{{ (${expression})|json }}`, data);
}

/** The first fault of a template, from its check or from its render. */
export function firstFault(
  source: string,
  data: Data = {},
  format: TemplateFormat = 'json-text',
): Fault | undefined {
  const compiled = compileTemplate(source, { format });
  if (!compiled.ok) return compiled.faults[0];
  const rendered = renderTemplate(compiled.template, contextOf(data));
  return rendered.ok ? undefined : rendered.fault;
}

type Attempt = { ok: true; body: string } | { ok: false; code: string };

/** The exact body, or the code of what went wrong. */
export function attempt(
  source: string,
  data: Data,
  {
    limits,
    format = 'json-text',
  }: { limits?: Partial<TemplateLimits>; format?: TemplateFormat } = {},
): Attempt {
  const compiled = compileTemplate(source, { format, limits });
  if (!compiled.ok) return { ok: false, code: compiled.faults[0]?.code ?? 'none' };
  const rendered = renderTemplate(compiled.template, contextOf(data));
  if (!rendered.ok) return { ok: false, code: rendered.fault.code };
  return { ok: true, body: rendered.body };
}

/** The body in a format, or the code of what went wrong. */
export function renderAs(format: TemplateFormat, source: string, data: Data = {}): string {
  const result = attempt(source, data, { format });
  return result.ok ? result.body : `fault: ${result.code}`;
}

/** The same for a template that is right and is rendered many times. */
export function renderer(format: TemplateFormat, source: string): (data: Data) => string {
  const compiled = compileTemplate(source, { format });
  if (!compiled.ok) throw new Error(`${source}: ${compiled.faults[0]?.message}`);
  return (data) => {
    const rendered = renderTemplate(compiled.template, contextOf(data));
    return rendered.ok ? rendered.body : `fault: ${rendered.fault.code}`;
  };
}

/** What templates read, of values that exist already. */
export function contextOf(data: Data): TemplateContext {
  return new TemplateContext(Context.of(data));
}

/** `$if` of a document. */
export function ifThen($if: string, ...[then, otherwise]: [unknown, unknown?]): object {
  // oxlint-disable-next-line unicorn/no-thenable -- a document is no promise
  return { $if, then, ...(otherwise !== undefined && { else: otherwise }) };
}
