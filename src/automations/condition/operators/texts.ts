import { chargeFields, chargeSearch, chargeText } from '../current-evaluation.js';
import { equal } from './equal.js';
import { MAX_GLOB_LENGTH, matchesGlob, parseGlob } from './glob.js';
import { type ConstantCheck, MANY, type Operators, shownConstant, takes } from './operator.js';

const rank = { var: 'data.rank' };
const name = { var: 'data.unit.name' };

/**
 * Texts. A number or a boolean is read as it is written; null, a list or an object is no text: a test of it is false,
 * and changing it gives "".
 */
export const TEXTS: Operators = {
  starts_with: {
    ...takes(2),
    arguments: 'text, start',
    help: 'Whether the text begins with another.',
    example: { starts_with: [{ var: 'event.type' }, 'user.'] },
    run: textTest((text, start) => text.startsWith(start)),
  },
  ends_with: {
    ...takes(2),
    arguments: 'text, end',
    help: 'Whether the text ends with another.',
    example: { ends_with: [{ var: 'event.type' }, '.updated'] },
    run: textTest((text, end) => text.endsWith(end)),
  },
  contains: {
    ...takes(2),
    arguments: 'holder, part',
    help: 'Whether a text holds a text, or a list holds an item.',
    example: { contains: [{ var: 'data.tags' }, 'pilot'] },
    run: ([holder, part]) => contains(holder, part),
  },
  matches_glob: {
    ...takes(2),
    arguments: 'text, pattern',
    help: 'Whether the whole text fits a pattern: `*` is any text, `?` any one character.',
    example: { matches_glob: [name, 'Al*a'] },
    constants: [undefined, checkGlob],
    run: textTest(matchesGlob),
  },
  lower: {
    ...takes(1),
    arguments: 'text',
    help: 'The text in lower case.',
    example: { '==': [{ lower: rank }, 'captain'] },
    run: ([value]) => (textOf(value) ?? '').toLowerCase(),
  },
  upper: {
    ...takes(1),
    arguments: 'text',
    help: 'The text in upper case.',
    example: { '==': [{ upper: rank }, 'CAPTAIN'] },
    run: ([value]) => (textOf(value) ?? '').toUpperCase(),
  },
  trim: {
    ...takes(1),
    arguments: 'text',
    help: 'The text without white space at both ends.',
    example: { '==': [{ trim: '  Captain ' }, rank] },
    run: ([value]) => (textOf(value) ?? '').trim(),
  },
  length: {
    ...takes(1),
    arguments: 'value',
    help: 'The number of characters of a text, items of a list, or fields of an object.',
    example: { '>': [{ length: { var: 'data.tags' } }, 1] },
    run: ([value]) => lengthOf(value),
  },
  cat: {
    ...takes(1, MANY),
    arguments: 'text, …',
    help: 'All texts in one.',
    example: { '==': [{ cat: [rank, ' of ', name] }, 'Captain of Alpha'] },
  },
  substr: {
    ...takes(2, 3),
    arguments: 'text, start, length?',
    help: 'A part of the text; a negative start counts from the end, a negative length leaves off the end.',
    example: { '==': [{ substr: [rank, 0, 3] }, 'Cap'] },
  },
};

function textTest(test: (text: string, other: string) => boolean) {
  return ([value, other]: readonly unknown[]): boolean => {
    const [text, part] = [textOf(value), textOf(other)];
    return text !== undefined && part !== undefined && test(text, part);
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function contains(holder: unknown, part: unknown): boolean {
  if (Array.isArray(holder)) return holder.some((item) => equal(item, part));
  const [text, wanted] = [textOf(holder), textOf(part)];
  if (text === undefined || wanted === undefined) return false;
  chargeSearch(wanted, text);
  return text.includes(wanted);
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return characterCount(textOf(value) ?? '');
  const { length } = Object.keys(value);
  chargeFields(length);
  return length;
}

/** As people count: an emoji is one. */
function characterCount(text: string): number {
  chargeText(text.length * 2);
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function checkGlob(value: unknown): ReturnType<ConstantCheck> {
  if (typeof value === 'string' && parseGlob(value) !== undefined) return undefined;
  const rules = `Write a text of at most ${MAX_GLOB_LENGTH} characters, such as "user.*"; a backslash must be followed by what it stands before.`;
  return { code: 'bad_pattern', message: `${shownConstant(value)} is not a pattern. ${rules}` };
}
