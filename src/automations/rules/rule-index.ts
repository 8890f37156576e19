import type { Context } from '../context/context.js';
import { EqualityIndex } from './equality-index.js';
import { equalitiesOf, type Equality } from './equality-keys.js';
import { EventKeys } from './event-keys.js';
import { firedBy } from './fired-triggers.js';
import type { Rule } from './rule.js';
import { type Entry, RunningOrder } from './running-order.js';

/** How many places one rule may take. With more, evaluating it for every event costs less than the memory. */
const MAX_PLACES = 32;
/** How many equalities of one rule are looked at. */
const MAX_EQUALITIES = 8;

/**
 * The rules of a workspace, laid out so that an event finds those that may match and never meets the others: by
 * trigger, and by the values that their conditions ask for. Whether a rule that was found does match, evaluation says.
 */
export class RuleIndex {
  readonly #byId = new Map<string, Entry>();
  readonly #byTrigger = new Map<string, EqualityIndex<Entry>>();
  readonly #order = new RunningOrder();
  #bytes = 0;

  /** About how much memory the rules take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All rules, in running order. */
  [Symbol.iterator](): Iterator<Rule> {
    return this.#order[Symbol.iterator]();
  }

  get(id: string): Rule | undefined {
    return this.#byId.get(id)?.rule;
  }

  /** Adds a rule; an older one of the same id gives way. */
  put(rule: Rule): void {
    this.delete(rule.id);
    const entry = this.#order.add(rule);
    this.#byId.set(rule.id, entry);
    const equalities = equalitiesToIndex(rule);
    this.#bytes += bytesOf(rule, equalities);
    for (const trigger of rule.triggers) this.#rulesOn(trigger).add(entry, equalities);
  }

  delete(id: string): void {
    const entry = this.#byId.get(id);
    if (!entry) return;
    this.#byId.delete(id);
    this.#order.remove(entry);
    const equalities = equalitiesToIndex(entry.rule);
    this.#bytes -= bytesOf(entry.rule, equalities);
    for (const trigger of entry.rule.triggers) {
      const rules = this.#rulesOn(trigger);
      rules.remove(entry, equalities);
      if (rules.isEmpty) this.#byTrigger.delete(trigger);
    }
  }

  /**
   * The rules that an event of this type fires and whose conditions may hold, in running order. A rule that is left
   * out cannot match.
   */
  candidates(eventType: string, context: Context): Rule[] {
    const found: Entry[] = [];
    const event = new EventKeys(context);
    for (const trigger of firedBy(eventType)) this.#byTrigger.get(trigger)?.collect(event, found);
    return this.#order.rulesOf(found);
  }

  #rulesOn(trigger: string): EqualityIndex<Entry> {
    const known = this.#byTrigger.get(trigger);
    if (known) return known;
    const made = new EqualityIndex<Entry>();
    this.#byTrigger.set(trigger, made);
    return made;
  }
}

/** Those of few keys first, and within the limits. They depend on nothing but the rule: it is found again to be removed. */
function equalitiesToIndex({ condition, triggers }: Rule): Equality[] {
  const chosen: Equality[] = [];
  for (const equality of equalitiesOf(condition).toSorted(byKeys)) {
    const more = [...chosen, equality];
    if (more.length > MAX_EQUALITIES || triggers.length * placesOf(more) > MAX_PLACES) break;
    chosen.push(equality);
  }
  return chosen;
}

function byKeys(a: Equality, b: Equality): number {
  return a.keys.size - b.keys.size || (a.path < b.path ? -1 : 1);
}

/** Under each key of the first equality there is a place for each key of the second, and so on. */
function placesOf(equalities: readonly Equality[]): number {
  let [places, last] = [0, 1];
  for (const { keys } of equalities) {
    last *= keys.size;
    places += last;
  }
  return places;
}

/** Of the rule itself, of its texts apart. */
const BYTES_OF_RULE = 2048;
/** In the index: of each trigger, and of each place under it. 240 to 1,200 were measured. */
const BYTES_OF_PLACE = 1024;
/** Parsed, a condition takes several times its text. */
const BYTES_OF_CONDITION_CHARACTER = 8;

function bytesOf({ template, condition, triggers }: Rule, equalities: readonly Equality[]): number {
  const ofTexts =
    (template?.length ?? 0) + JSON.stringify(condition).length * BYTES_OF_CONDITION_CHARACTER;
  const places = triggers.length * (1 + placesOf(equalities));
  return BYTES_OF_RULE + ofTexts + places * BYTES_OF_PLACE;
}
