import { toText } from '../values/escape.js';
import type { TemplateValue } from '../values/template-value.js';
import type { Meter } from '../limits.js';

/** A named argument of a filter, function or test. */
export interface Parameter {
  name: string;
  /** Left out: the argument must be given. */
  fallback?: TemplateValue;
}

/** `v => …` in a template, ready to be called by a filter. It exists nowhere else: it is no value. */
export type Callback = (...values: readonly TemplateValue[]) => TemplateValue;

/** What a callable gets besides its input and arguments. */
export interface CallTools {
  meter: Meter;
  /** The template's `now` (ISO 8601), so that the same event always renders the same body. */
  now: TemplateValue;
  /** IANA name of the workspace's time zone, for dates that have none of their own. */
  timeZone?: string;
}

/** What a filter with an arrow parameter gets. */
export interface ArrowTools extends CallTools {
  arrow?: Callback;
}

/** A filter, function or test that a template may use. */
export interface Callable {
  /** What it does, in one line. */
  help: string;
  /** An expression that uses it. */
  example: string;
  parameters?: readonly Parameter[];
  /** Whether any number of further arguments follows. */
  variadic?: boolean;
  /** Whether the first argument is an arrow function, written in place. */
  arrow?: 'required' | 'optional';
  /** `values` is the input (for filters and tests) followed by one value for each parameter. */
  call(values: readonly TemplateValue[], tools: ArrowTools): TemplateValue;
}

/** The callables of one kind by name. */
export type CallableTable = ReadonlyMap<string, Callable>;

/** A value as text for a filter to read; charged, because reading a long text costs as much as making it. */
export function readText(value: TemplateValue | undefined, tools: CallTools): string {
  return tools.meter.text(toText(value ?? null, tools.meter));
}
