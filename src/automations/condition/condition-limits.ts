/** How large a condition may be. Each limit is named in the fault of a condition that passes it. */
export interface ConditionLimits {
  /** UTF-8 bytes of the condition as JSON text. */
  bytes: number;
  /** Nested operators and lists. */
  depth: number;
  /** Operators, lists and constants in all. */
  nodes: number;
  /** Characters of one text constant. */
  characters: number;
  /** Items of one list, or arguments of one operator. */
  items: number;
  /** Loops (`map`, `filter`, `reduce`, `all`, `some`, `none`) inside of each other. */
  loops: number;
}

export const DEFAULT_CONDITION_LIMITS: Readonly<ConditionLimits> = Object.freeze({
  bytes: 16 * 1024,
  depth: 20,
  nodes: 2000,
  characters: 1000,
  items: 1000,
  loops: 2,
});
