import type { Context } from '../context/context.js';
import { type TemplateValue, toTemplateValue } from './values/template-value.js';

/**
 * The names of a context as a template sees them, each converted when it is first read. What a rule's context shares
 * with its event's is converted in the event's, so that all rules of an event do it once. A template cannot change it.
 */
export class TemplateContext {
  readonly #converted = new Map<string, TemplateValue>();

  constructor(
    private readonly values: Context,
    private readonly outer?: TemplateContext,
  ) {}

  /** Undefined for a name that does not exist. */
  get(name: string): TemplateValue | undefined {
    const known = this.#converted.get(name);
    if (known !== undefined) return known;
    const value = this.values.get(name);
    if (value === undefined) return undefined;
    const shared = this.outer?.values.get(name) === value ? this.outer.get(name) : undefined;
    const converted = shared ?? toTemplateValue(value);
    this.#converted.set(name, converted);
    return converted;
  }
}
