import type { TwingTokenStream } from 'twing/light';
import { type Fault, MAX_FAULTS } from '../../../errors.js';
import { faultAt, NestedTooDeeply, wholeFault } from '../faults.js';
import { shownName } from '../../shown-name.js';
import type { TemplateLimits } from '../limits.js';
import { adviceFor } from '../library/advice.js';
import { ALLOWED_TAGS } from '../library/policy.js';
import { TAGS } from '../library/tags.js';

const MAX_ELEMENTS = 500;
const OPENING_BRACKETS = new Set(['(', '[', '{']);
const CLOSING_BRACKETS = new Set([')', ']', '}']);
/** Tags whose end tag is looked for here; that of a tag that holds text is found by Twing's lexer. */
const OPENING = new Set(TAGS.filter(({ holdsText }) => !holdsText).map(({ name }) => name));
const CLOSING = new Set([...OPENING].map((name) => `end${name}`));
/** By branch: the tags that it may stand in. */
const BRANCHES: ReadonlyMap<string, readonly string[]> = new Map(
  TAGS.flatMap(({ branches = [] }) => branches).map((branch) => [
    branch,
    TAGS.filter(({ branches = [] }) => branches.includes(branch)).map(({ name }) => name),
  ]),
);

type Token = ReturnType<TwingTokenStream['look']>;

interface WrittenTag {
  name: string;
  line: number;
  column: number;
  /** `{% set a = 1 %}`: it has no body and no end tag. */
  assigns: boolean;
}

/**
 * Checks the tags of a template before it is parsed: only allowed ones, each closed by its own end tag. The parsers of
 * other tags must not even run, and Twing answers a missing end tag with a TypeError without a place.
 * @throws NestedTooDeeply
 */
export function checkTags(stream: TwingTokenStream, limits: TemplateLimits): Fault[] {
  const { tokens: maxTokens } = limits;
  const crowded = crowdedBracket(stream, limits);
  if (crowded) return [crowded];
  const tags = readTags(stream, maxTokens);
  if (!tags) {
    const message = `The template has more than ${maxTokens} words and signs: make it shorter.`;
    return [wholeFault('template_too_large', message)];
  }
  const forbidden = tags.filter((tag) => !ALLOWED_TAGS.has(tag.name)).slice(0, MAX_FAULTS);
  return forbidden.length > 0 ? forbidden.map(forbiddenTag) : checkNesting(tags);
}

/**
 * Twing takes quadratic time on what stands in one pair of brackets, and on the names of one `set`. Brackets within brackets
 * take of its stack, which holds more of them the longer a process has run, and fewer in a thread: they are counted, since
 * parentheses leave no trace in the tree.
 */
function crowdedBracket(
  stream: TwingTokenStream,
  { tokens, depth }: TemplateLimits,
): Fault | undefined {
  let counts = [0];
  for (let index = 0; index < tokens; index += 1) {
    const token = stream.look(index);
    if (token.type === 'EOF') return undefined;
    if (token.type === 'TAG_START' || token.type === 'VARIABLE_START') counts = [0];
    const sign = signOf(token);
    if (OPENING_BRACKETS.has(sign)) counts.push(0);
    if (CLOSING_BRACKETS.has(sign)) counts.pop();
    if (counts.length > depth) throw new NestedTooDeeply(token);
    if (sign !== ',') continue;
    const commas = (counts.pop() ?? 0) + 1;
    counts.push(commas);
    if (commas >= MAX_ELEMENTS) {
      const message = `More than ${MAX_ELEMENTS} elements are written in one row: make it shorter.`;
      return faultAt(token, 'template_too_large', message);
    }
  }
  return undefined;
}

/** Empty of what is no bracket and no comma. */
function signOf({ type, value }: Token): string {
  if (type === 'INTERPOLATION_START') return '{';
  if (type === 'INTERPOLATION_END') return '}';
  return type === 'PUNCTUATION' ? String(value) : '';
}

function readTags(stream: TwingTokenStream, maxTokens: number): WrittenTag[] | undefined {
  const tags: WrittenTag[] = [];
  let current: WrittenTag | undefined;
  for (let index = 0; index < maxTokens; index += 1) {
    const token = stream.look(index);
    if (token.type === 'EOF') return tags;
    if (token.type === 'TAG_START') {
      const { type, value, line, column } = stream.look(index + 1);
      current = type === 'NAME' ? { name: String(value), line, column, assigns: false } : undefined;
      if (current) tags.push(current);
    } else if (current && token.type === 'OPERATOR' && token.value === '=') {
      current.assigns = true;
    }
  }
  return undefined;
}

function forbiddenTag(tag: WrittenTag): Fault {
  const message = `The tag "${shownName(tag.name)}" is not available.${adviceFor(tag.name, ALLOWED_TAGS)}`;
  return faultAt(tag, 'forbidden_tag', message);
}

function checkNesting(tags: readonly WrittenTag[]): Fault[] {
  const open: WrittenTag[] = [];
  for (const tag of tags) {
    const expected = BRANCHES.get(tag.name);
    const inner = open.at(-1);
    if (OPENING.has(tag.name) && !(tag.name === 'set' && tag.assigns)) open.push(tag);
    else if (expected && !(inner && expected.includes(inner.name))) return [misplaced(tag, inner)];
    else if (CLOSING.has(tag.name)) {
      if (inner && tag.name === `end${inner.name}`) open.pop();
      else return [misplaced(tag, inner)];
    }
  }
  return open.slice(-1).map(unclosed);
}

function unclosed(tag: WrittenTag): Fault {
  const message = `The tag "${tag.name}" is not closed: add {% end${tag.name} %}.`;
  return faultAt(tag, 'syntax_error', message);
}

function misplaced(tag: WrittenTag, inner: WrittenTag | undefined): Fault {
  const why = inner
    ? `close the tag "${inner.name}" of line ${inner.line} first`
    : 'nothing before it needs it';
  return faultAt(tag, 'syntax_error', `"${tag.name}" is out of place: ${why}.`);
}
