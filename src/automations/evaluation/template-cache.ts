import type { Fault } from '../../errors.js';
import { LruCache } from '../../lru-cache.js';
import type { Rule } from '../rules/rule.js';
import type { CompiledTemplate } from '../template/index.js';

/** A rule's template, compiled; or the fault, should a stored one no longer compile after an upgrade. */
export type Compiled = { ok: true; template: CompiledTemplate } | { ok: false; fault: Fault };

const BYTES_OF_A_FAULT = 1024;

/** Compiled templates by rule and revision, the least used forgotten first. */
export class TemplateCache {
  readonly #known: LruCache<Compiled>;

  /** @param maxBytes what all of them may take together, as CompiledTemplate.bytes estimates it */
  constructor(maxBytes: number) {
    this.#known = new LruCache(maxBytes, (compiled) =>
      compiled.ok ? compiled.template.bytes : BYTES_OF_A_FAULT,
    );
  }

  /** What is known of this revision, or what `compile` makes. */
  get({ id, revision }: Pick<Rule, 'id' | 'revision'>, compile: () => Compiled): Compiled {
    const key = `${id} ${revision}`;
    const known = this.#known.get(key);
    if (known) return known;
    const compiled = compile();
    this.#known.set(key, compiled);
    return compiled;
  }
}
