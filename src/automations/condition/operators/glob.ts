import { charge } from '../current-evaluation.js';

/** Characters of a pattern. */
export const MAX_GLOB_LENGTH = 200;

const COMPARISONS_PER_STEP = 32;

/** A part of a pattern: the code point of a character, or one of these two. */
type Token = number;
const ANY_TEXT: Token = -1;
const ANY_CHARACTER: Token = -2;

/**
 * Whether a whole text fits a pattern: `*` stands for any text, `?` for any one character, and a backslash takes the
 * meaning from what follows. False for a pattern that is not one.
 *
 * Only the last `*` is ever tried again, so the work is at most the product of both lengths; it is charged.
 */
export function matchesGlob(text: string, pattern: string): boolean {
  const tokens = parseGlob(pattern);
  if (tokens === undefined) return false;
  let [at, next, afterStar, starEnd] = [0, 0, 0, 0];
  while (at < text.length) {
    charge(1 / COMPARISONS_PER_STEP);
    const token = tokens[next];
    if (token === ANY_TEXT) {
      next += 1;
      [afterStar, starEnd] = [next, at];
    } else if (token === ANY_CHARACTER || token === text.codePointAt(at)) {
      next += 1;
      at += widthAt(text, at);
    } else if (afterStar > 0) {
      // The last star takes one character more.
      starEnd += widthAt(text, starEnd);
      [at, next] = [starEnd, afterStar];
    } else {
      return false;
    }
  }
  return tokens.slice(next).every((token) => token === ANY_TEXT);
}

/** An emoji takes two places. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The tokens of a pattern; undefined when it is too long, or ends in a backslash that nothing follows. */
export function parseGlob(pattern: string): readonly Token[] | undefined {
  if (pattern.length > MAX_GLOB_LENGTH) return undefined;
  const tokens: Token[] = [];
  let isEscaped = false;
  for (const character of pattern) {
    if (!isEscaped && character === '\\') isEscaped = true;
    else {
      tokens.push(isEscaped ? codeOf(character) : tokenOf(character));
      isEscaped = false;
    }
  }
  return isEscaped ? undefined : tokens;
}

function tokenOf(character: string): Token {
  if (character === '*') return ANY_TEXT;
  return character === '?' ? ANY_CHARACTER : codeOf(character);
}

function codeOf(character: string): Token {
  return character.codePointAt(0) ?? 0;
}
