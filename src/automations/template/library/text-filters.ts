import { type Callable, type CallTools, readText } from './callable.js';
import {
  characters,
  countCharacters,
  sliceCharacters,
  characterCharge,
  trimEnd,
  trimStart,
} from '../values/characters.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { numberOf } from './number-filters.js';
import { sprintf } from './sprintf.js';

/**
 * What `trim` cuts unless told otherwise: the white space of JavaScript, as the `trim` of conditions does, and NUL, as PHP
 * does. With PHP's six characters alone a text of no-break spaces would count as filled, and receivers refuse it.
 */
const BLANK =
  '\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
const BLANKS: ReadonlySet<string> = new Set(BLANK);

/** Copied characters that take as long as one character that a regular expression looks at, or that is made anew. */
const SLOW = 6;
const TRIMMED = 24;

/** Filters that read and make text. Null counts as ''; characters are code points, so an emoji is one. */
export const TEXT_FILTERS: Record<string, Callable> = {
  upper: textFilter((text) => text.toUpperCase(), {
    help: 'The text in capital letters.',
    example: 'data.rank|upper',
  }),
  lower: textFilter((text) => text.toLowerCase(), {
    help: 'The text in small letters.',
    example: 'data.rank|lower',
  }),
  capitalize: textFilter(capitalize, {
    help: 'The first letter capital and the others small.',
    example: "'hello WORLD'|capitalize",
  }),
  title: textFilter((text) => text.replace(/[\p{L}\p{N}\p{M}']+/gu, capitalize), {
    help: 'The first letter of each word capital and the others small.',
    example: "'hello world'|title",
    slow: 2 * SLOW,
  }),
  striptags: textFilter(stripTags, {
    help: 'The text without <tags>.',
    example: "'<b>bold</b>'|striptags",
    slow: SLOW,
  }),
  nl2br: textFilter((text) => text.replaceAll('\n', '<br />\n'), {
    help: 'Puts <br /> before each line break.',
    example: String.raw`"one\ntwo"|nl2br`,
    slow: SLOW,
  }),
  trim: {
    help: 'Cuts white space, or the characters given, off the ends; side is both, left or right.',
    example: "'--a-'|trim('-', 'left')",
    parameters: [
      { name: 'character_mask', fallback: BLANK },
      { name: 'side', fallback: 'both' },
    ],
    call: trim,
  },
  slug: {
    help: 'Letters and digits of ASCII with a separator between words, for addresses and names.',
    example: "'Crème brûlée!'|slug|lower",
    parameters: [{ name: 'separator', fallback: '-' }],
    call: slug,
  },
  truncate: {
    help: 'At most so many characters, the ellipsis among them; preserve cuts between words.',
    example: "'The quick brown fox'|truncate(10)",
    parameters: [
      { name: 'length', fallback: 30 },
      { name: 'ellipsis', fallback: '…' },
      { name: 'preserve', fallback: false },
    ],
    call: truncate,
  },
  format: {
    help: 'Fills %s, %d, %05.2f and their like with the arguments, as PHP’s sprintf.',
    example: "'%s has %05.1f'|format(data.rank, 12.34)",
    variadic: true,
    call: ([input, ...values], tools) =>
      tools.meter.text(sprintf(readText(input, tools), values, tools)),
  },
};

function textFilter(
  change: (text: string) => string,
  { slow = 0, ...help }: { help: string; example: string; slow?: number },
): Callable {
  return {
    ...help,
    call: ([input], { meter, ...tools }) => {
      const text = readText(input, { meter, ...tools });
      meter.chargeText(text.length * slow);
      return meter.text(change(text));
    },
  };
}

function capitalize(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** Written as a scan: the usual regular expression takes quadratic time on `<<<<<<`. */
function stripTags(text: string): string {
  let kept = '';
  let from = 0;
  for (;;) {
    const open = text.indexOf('<', from);
    const close = open < 0 ? -1 : text.indexOf('>', open);
    if (close < 0) return kept + text.slice(from);
    kept += text.slice(from, open);
    from = close + 1;
  }
}

function trim([input, mask, side]: readonly TemplateValue[], tools: CallTools): string {
  const text = readText(input, tools);
  const where = readText(side, tools);
  if (!['both', 'left', 'right'].includes(where)) {
    throw new TemplateFailure('template_error', 'trim knows the sides "both", "left" and "right".');
  }
  const masked = mask === BLANK ? BLANKS : new Set(characters(readText(mask, tools)));
  const begun = where === 'right' ? text : trimStart(text, masked);
  const trimmed = where === 'left' ? begun : trimEnd(begun, masked);
  tools.meter.chargeText((text.length - trimmed.length) * TRIMMED);
  return trimmed;
}

/** Letters that Unicode does not take apart into a letter of ASCII and a mark. */
const TRANSLITERATED: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ı', 'i'],
]);

function slug([input, separator]: readonly TemplateValue[], tools: CallTools): string {
  const text = readText(input, tools);
  const between = readText(separator, tools);
  tools.meter.chargeText(text.length * 4 * SLOW);
  const words = text
    .replace(/[ßæÆœŒøØłŁđĐðþı]/g, (letter) => TRANSLITERATED.get(letter) ?? '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[A-Za-z0-9]+/g);
  if (!words) return '';
  tools.meter.reserve(text.length + words.length * between.length);
  return words.join(between);
}

function truncate(
  [input, length, ellipsis, preserve = false]: readonly TemplateValue[],
  tools: CallTools,
): string {
  const text = readText(input, tools);
  tools.meter.chargeText(characterCharge(text));
  const most = Math.max(0, Math.trunc(numberOf(length, 'truncate')));
  if (countCharacters(text) <= most) return text;
  const end = readText(ellipsis, tools);
  const kept = sliceCharacters(text, 0, Math.max(0, most - countCharacters(end)));
  const cut = preserve === true ? wholeWords(kept, text) : kept;
  return tools.meter.text(cut.trimEnd() + end);
}

/** Without the word that was cut in two; a single long word is cut all the same. */
function wholeWords(kept: string, text: string): string {
  if (/\s/.test(text.charAt(kept.length))) return kept;
  const end = kept.search(/\s\S*$/);
  return end < 0 ? kept : kept.slice(0, end);
}
