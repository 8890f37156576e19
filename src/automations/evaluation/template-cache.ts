import type { Rule } from '../rules/rule.js';
import type { Compiled } from './evaluate.js';

/** Compiled templates by rule and revision, the least used forgotten first. */
export class TemplateCache {
  /** In the order of use: a map keeps the order in which keys came. */
  readonly #known = new Map<string, { compiled: Compiled; bytes: number }>();
  #bytes = 0;

  /** @param maxBytes what all of them may take together, as CompiledTemplate.bytes estimates it */
  constructor(private readonly maxBytes: number) {}

  /** What is known of this revision, or what `compile` makes. */
  get({ id, revision }: Pick<Rule, 'id' | 'revision'>, compile: () => Compiled): Compiled {
    const key = `${id} ${revision}`;
    const found = this.#known.get(key);
    if (found) this.#known.delete(key);
    const entry = found ?? this.#measure(compile());
    this.#known.set(key, entry);
    if (!found) this.#makeRoom();
    return entry.compiled;
  }

  #measure(compiled: Compiled): { compiled: Compiled; bytes: number } {
    const bytes = compiled.ok ? compiled.template.bytes : BYTES_OF_A_FAULT;
    this.#bytes += bytes;
    return { compiled, bytes };
  }

  /** The newest always stays, however large it is: it is about to be used. */
  #makeRoom(): void {
    for (const [key, { bytes }] of this.#known) {
      if (this.#bytes <= this.maxBytes || this.#known.size === 1) return;
      this.#known.delete(key);
      this.#bytes -= bytes;
    }
  }
}

const BYTES_OF_A_FAULT = 1024;
