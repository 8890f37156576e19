import { nearestName } from '../nearest-name.js';

/** A search among a thousand long names takes two milliseconds. */
const MAX_SEARCHES = 20;

/** Finds the names that were meant in one request, up to a number of times; further ones get no suggestion. */
export class Suggestions {
  #left = MAX_SEARCHES;

  /** The nearest of the known names, if one is near. */
  nearest(name: string, known: Iterable<string>): string | undefined {
    if (this.#left <= 0) return undefined;
    this.#left -= 1;
    return nearestName(name, known);
  }
}
