const SURROGATE = /[\ud800-\udfff]/;

/** Splits a text into code points, so that nothing is ever cut inside an emoji. */
export function characters(text: string): string[] {
  return SURROGATE.test(text) ? Array.from(text) : text.split('');
}

/** What finding characters in a text costs, in copied characters: with emoji in it, each has to be looked at. */
export function characterCharge(text: string): number {
  return SURROGATE.test(text) ? 6 * text.length : 0;
}

/** How many code points a text has. */
export function countCharacters(text: string): number {
  let count = text.length;
  if (!SURROGATE.test(text)) return count;
  for (let at = 1; at < text.length; at += 1) if (isPair(text, at)) count -= 1;
  return count;
}

/** PHP's mb_substr: a negative start or length counts from the end. Nothing is copied but what is kept. */
export function sliceCharacters(text: string, start: number, length?: number): string {
  const { from, to } = sliceBounds(countCharacters(text), start, length);
  const begin = offsetOf(text, from);
  return text.slice(begin, offsetOf(text, to - from, begin));
}

/** The part that PHP's array_slice takes of so many elements. */
export function sliceBounds(
  size: number,
  start: number,
  length?: number,
): { from: number; to: number } {
  const from = Math.min(size, start < 0 ? Math.max(0, size + start) : start);
  const end = length === undefined ? size : length < 0 ? size + length : from + length;
  return { from, to: Math.max(from, Math.min(size, end)) };
}

/** A text without these characters at its beginning. */
export function trimStart(text: string, masked: ReadonlySet<string>): string {
  let start = 0;
  while (start < text.length && masked.has(text.slice(start, after(text, start)))) {
    start = after(text, start);
  }
  return text.slice(start);
}

/** A text without these characters at its end. */
export function trimEnd(text: string, masked: ReadonlySet<string>): string {
  let end = text.length;
  while (end > 0 && masked.has(text.slice(before(text, end), end))) end = before(text, end);
  return text.slice(0, end);
}

/** The offset of a code point that follows another offset by so many. */
function offsetOf(text: string, count: number, from = 0): number {
  if (!SURROGATE.test(text)) return from + count;
  let at = from;
  for (let passed = 0; passed < count && at < text.length; passed += 1) at = after(text, at);
  return at;
}

function after(text: string, at: number): number {
  return at + (isPair(text, at + 1) ? 2 : 1);
}

function before(text: string, at: number): number {
  return at - (isPair(text, at - 1) ? 2 : 1);
}

/** Whether this unit is the second half of an emoji and the one before it the first. Two lone halves are no pair. */
function isPair(text: string, at: number): boolean {
  return isWithin(text.charCodeAt(at), 0xdc00) && isWithin(text.charCodeAt(at - 1), 0xd800);
}

function isWithin(unit: number, start: number): boolean {
  return unit >= start && unit < start + 0x400;
}
