import { compareRules, type Rule } from './rule.js';

/** A rule in line. */
export interface Entry {
  readonly rule: Rule;
  /** Its place as of the last look: comparing numbers costs far less than comparing priorities and ids. */
  rank: number;
}

/** Rules in the order in which they run. */
export class RunningOrder {
  readonly #line: Entry[] = [];
  /** So many ranks are right, from the first. The others are given when somebody looks: once for many edits. */
  #ranked = 0;

  /** From the first to run to the last. */
  *[Symbol.iterator](): Generator<Rule> {
    for (const { rule } of this.#line) yield rule;
  }

  /** Takes in a rule that is not in line yet. */
  add(rule: Rule): Entry {
    const entry = { rule, rank: 0 };
    const place = this.#placeOf(rule);
    this.#line.splice(place, 0, entry);
    this.#ranked = Math.min(this.#ranked, place);
    return entry;
  }

  remove({ rule }: Entry): void {
    const place = this.#placeOf(rule);
    this.#line.splice(place, 1);
    this.#ranked = Math.min(this.#ranked, place);
  }

  /** The rules of these entries in running order, each of them once. */
  rulesOf(entries: readonly Entry[]): Rule[] {
    this.#rank();
    const ranks = new Uint32Array(entries.length);
    entries.forEach(({ rank }, index) => (ranks[index] = rank));
    const rules: Rule[] = [];
    let last: number | undefined;
    for (const rank of ranks.toSorted()) {
      const entry = this.#line[rank];
      if (entry && rank !== last) rules.push(entry.rule);
      last = rank;
    }
    return rules;
  }

  #rank(): void {
    for (const entry of this.#line.slice(this.#ranked)) entry.rank = this.#ranked++;
  }

  /** Where the rule stands, or would stand: found by halving. */
  #placeOf(rule: Rule): number {
    let [from, to] = [0, this.#line.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const entry = this.#line[middle];
      if (entry && compareRules(entry.rule, rule) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
