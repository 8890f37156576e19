import type { Fault } from '../../../errors.js';
import { Searches } from '../../context/unknown-field.js';
import type { Reading } from './readings.js';

/** What the check of a template found besides faults. */
export interface Analysis {
  /** Paths of the context that it reads, sorted: `data.user.name`, `data.members[].rank`. 200 at most. */
  variables: string[];
  /** Names that do not exist, each with its place. 50 at most. */
  warnings: Fault[];
}

const MAX_VARIABLES = 200;
const MAX_WARNINGS = 50;

/** Collects what a template reads, and what of it does not exist. */
export class Findings {
  /** For all texts of a document together. */
  readonly searches = new Searches();
  readonly #variables = new Set<string>();
  readonly #guarded = new Set<string>();
  readonly #pending: { name: string; warning: Fault }[] = [];

  reads({ path }: Reading): void {
    if (path !== undefined && this.#variables.size < MAX_VARIABLES) this.#variables.add(path);
  }

  /** Whether looking for what was meant still pays. */
  get isFull(): boolean {
    return this.#pending.length >= MAX_WARNINGS;
  }

  /** @param name the whole of it as it is written, `data.nmae` */
  missing(name: string, warning: Fault): void {
    if (!this.isFull) this.#pending.push({ name, warning });
  }

  /** The template asks itself whether it is there: no place that reads it is warned about. */
  guards(name: string): void {
    this.#guarded.add(name);
  }

  result(): Analysis {
    const warned = this.#pending.filter(({ name }) => !this.#guarded.has(name));
    return {
      variables: [...this.#variables].toSorted(),
      warnings: warned.map(({ warning }) => warning),
    };
  }
}
