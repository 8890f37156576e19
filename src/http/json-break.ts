/** What may stand at a place of a JSON text. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma or end';

interface Scan {
  text: string;
  /** Brackets that are still to be closed, innermost last. */
  closers: string[];
  expected: Expected;
  /** Everything before is good. */
  at: number;
}

/** Reading this many takes about 20 ms. */
const MAX_TOKENS = 100_000;

const WHITESPACE = /[ \t\n\r]*/y;
// Bounded, since a match of millions of characters can overflow the stack of the pattern matcher; `string` goes on.
// oxlint-disable-next-line no-control-regex -- exactly the characters that JSON forbids in a string
const PLAIN_TEXT = /[^"\\\u0000-\u001f]{1,4096}/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };

/**
 * The index of the character at which a text stops being JSON; its length when it only ends too early. JSON.parse says
 * so in some of its messages, and quotes the text in them. Keeps a stack of its own, so that no nesting can overflow.
 * Undefined when it would take too long to find.
 */
export function jsonBreak(text: string): number | undefined {
  const scan: Scan = { text, closers: [], expected: 'value', at: 0 };
  for (let tokens = 0; tokens < MAX_TOKENS; tokens += 1) {
    scan.at = skip(WHITESPACE, text, scan.at);
    if (scan.at >= text.length || !step(scan)) return scan.at;
  }
  return undefined;
}

/** Reads one token. False when it cannot stand here; `at` is then where it breaks. */
function step(scan: Scan): boolean {
  switch (scan.expected) {
    case 'first value':
      return close(scan, ']') || value(scan);
    case 'value':
      return value(scan);
    case 'first key':
      return close(scan, '}') || key(scan);
    case 'key':
      return key(scan);
    case 'colon':
      return mark(scan, ':', 'value');
    case 'comma or end':
      return afterValue(scan);
  }
}

function value(scan: Scan): boolean {
  const { text, at } = scan;
  const char = text[at] ?? '';
  if (char === '[') return open(scan, ']', 'first value');
  if (char === '{') return open(scan, '}', 'first key');
  scan.expected = 'comma or end';
  if (char === '"') return string(scan);
  if (LITERALS[char]) return literal(scan, LITERALS[char]);
  scan.at = skip(NUMBER, text, at);
  return scan.at > at;
}

function key(scan: Scan): boolean {
  scan.expected = 'colon';
  return scan.text[scan.at] === '"' && string(scan);
}

function afterValue(scan: Scan): boolean {
  const closer = scan.closers.at(-1);
  if (closer === undefined) return false;
  return close(scan, closer) || mark(scan, ',', closer === '}' ? 'key' : 'value');
}

function mark(scan: Scan, char: string, then: Expected): boolean {
  if (scan.text[scan.at] !== char) return false;
  scan.at += 1;
  scan.expected = then;
  return true;
}

function open(scan: Scan, closer: string, then: Expected): boolean {
  scan.closers.push(closer);
  scan.at += 1;
  scan.expected = then;
  return true;
}

function close(scan: Scan, closer: string): boolean {
  if (!mark(scan, closer, 'comma or end')) return false;
  scan.closers.pop();
  return true;
}

function string(scan: Scan): boolean {
  const { text } = scan;
  let at = scan.at + 1;
  for (let from = -1; from !== at;) {
    from = at;
    at = skip(ESCAPE, text, skip(PLAIN_TEXT, text, at));
  }
  const isClosed = text[at] === '"';
  scan.at = isClosed ? at + 1 : at;
  return isClosed;
}

function literal(scan: Scan, word: string): boolean {
  let length = 0;
  while (length < word.length && scan.text[scan.at + length] === word[length]) length += 1;
  scan.at += length;
  return length === word.length;
}

/** The index behind what the sticky pattern matches at a place; the place itself when it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
