import type { JsonValue } from '../../json.js';
import { compileTemplate, renderTemplate, toTemplateContext } from './index.js';
import type { TemplateLimits } from './limits.js';

/** Data for one render; a test names only what matters to it. */
export type Data = { readonly [name: string]: JsonValue };

/** Compiles and renders in one go: the parsed body, or the code of what went wrong. */
export function render(source: string, data: Data = {}, limits?: Partial<TemplateLimits>): unknown {
  const result = attempt(source, data, limits);
  return result.ok ? JSON.parse(result.body) : `fault: ${result.code}`;
}

/** An expression's value, by way of `|json`. */
export function evaluate(expression: string, data: Data = {}): unknown {
  return render(`{{ (${expression})|json }}`, data);
}

/** The first fault of a template, from its check or from its render. */
export function faultOf(source: string, data: Data = {}): object | undefined {
  const compiled = compileTemplate(source);
  if (!compiled.ok) return compiled.faults[0];
  const rendered = renderTemplate(compiled.template, toTemplateContext(data));
  return rendered.ok ? undefined : rendered.fault;
}

type Attempt = { ok: true; body: string } | { ok: false; code: string };

/** The exact body, or the code of what went wrong. */
export function attempt(source: string, data: Data, limits?: Partial<TemplateLimits>): Attempt {
  const compiled = compileTemplate(source, limits);
  if (!compiled.ok) return { ok: false, code: compiled.faults[0]?.code ?? 'none' };
  const rendered = renderTemplate(compiled.template, toTemplateContext(data));
  return rendered.ok ? rendered : { ok: false, code: rendered.fault.code };
}
