import type { Task } from './messages.js';

/** Rules whose strikes are remembered; they are few, and forgetting one costs a thread. */
const MAX_REMEMBERED = 10_000;

/** How often each revision of a rule has ended a thread. Trials for people (with a trace) are counted apart from those of events. */
export class StrikeList {
  readonly #strikes = new Map<string, number>();

  constructor(private readonly maxStrikes: number) {}

  add(task: Task): void {
    const rule = ruleOf(task);
    if (rule === undefined) return;
    if (this.#strikes.size >= MAX_REMEMBERED) this.#strikes.clear();
    this.#strikes.set(rule, (this.#strikes.get(rule) ?? 0) + 1);
  }

  /** Whether it had its chances. */
  isOut(task: Task): boolean {
    const rule = ruleOf(task);
    return rule !== undefined && (this.#strikes.get(rule) ?? 0) >= this.maxStrikes;
  }
}

/** The draft that is checked has no revision: nothing can be remembered of it. */
function ruleOf(task: Task): string | undefined {
  if (task.kind !== 'try') return undefined;
  const { rule, trace = false } = task.trial;
  return `${rule.id} ${rule.revision} ${trace}`;
}
