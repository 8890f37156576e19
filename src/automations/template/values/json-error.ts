const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// Written without a choice inside the repetition, so that a long text takes neither time nor stack.
const STRING =
  /"[ !#-[\]-\u{10FFFF}]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u{10FFFF}]*)*"/uy;

/** What may come next in a JSON text. */
type Expected =
  'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'nothing';

/**
 * Where a text stops being JSON, as an offset into it. The engine's own message is of no use for this: it quotes the
 * text, which holds values of somebody's event, and often leaves the position out.
 */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = skip(SPACE, text, 0);
  while (at < text.length) {
    const next: Next | undefined = STEPS[expected](text, at, { open });
    if (!next) return at;
    expected = next.expected;
    at = skip(SPACE, text, next.at);
  }
  return at;
}

interface State {
  /** The brackets that are open, outermost first. */
  open: string[];
}

interface Next {
  at: number;
  expected: Expected;
}

const STEPS: Record<Expected, (text: string, at: number, state: State) => Next | undefined> = {
  value,
  'value or end': (text, at, state) =>
    text[at] === ']' ? close(at, state) : value(text, at, state),
  name: (text, at) => token(STRING, { text, at, expected: 'colon' }),
  'name or end': (text, at, state) =>
    text[at] === '}' ? close(at, state) : token(STRING, { text, at, expected: 'colon' }),
  colon: (text, at) => (text[at] === ':' ? { at: at + 1, expected: 'value' } : undefined),
  'comma or end': commaOrEnd,
  nothing: () => undefined,
};

function commaOrEnd(text: string, at: number, state: State): Next | undefined {
  const inObject = state.open.at(-1) === '{';
  if (text[at] === (inObject ? '}' : ']')) return close(at, state);
  return text[at] === ',' ? { at: at + 1, expected: inObject ? 'name' : 'value' } : undefined;
}

function value(text: string, at: number, { open }: State): Next | undefined {
  const sign = text[at] ?? '';
  if (sign === '{' || sign === '[') {
    open.push(sign);
    return { at: at + 1, expected: sign === '{' ? 'name or end' : 'value or end' };
  }
  return token(sign === '"' ? STRING : SCALAR, { text, at, expected: afterValue(open) });
}

function close(at: number, { open }: State): Next {
  open.pop();
  return { at: at + 1, expected: afterValue(open) };
}

function afterValue(open: readonly string[]): Expected {
  return open.length > 0 ? 'comma or end' : 'nothing';
}

function token(
  pattern: RegExp,
  { text, at, expected }: { text: string; at: number; expected: Expected },
): Next | undefined {
  const end = skip(pattern, text, at);
  return end > at ? { at: end, expected } : undefined;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
