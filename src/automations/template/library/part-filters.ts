import { type Callable, type CallTools, readText } from './callable.js';
import { characters, countCharacters } from '../values/characters.js';
import { ListValue, ObjectValue, type TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { numberOf } from './number-filters.js';

const MAX_REPLACEMENTS = 100;
/** What one replaced part costs, in copied characters. */
const REPLACEMENT = 24;
const STEPS_OF_A_PATTERN = 8;

/** Filters that look for parts of a text. */
export const PART_FILTERS: Record<string, Callable> = {
  replace: {
    help: 'Replaces every key of the object by its value, the longest first, all at once.',
    example: "event.type|replace({'.': ' ', 'user': 'User'})",
    parameters: [{ name: 'from' }],
    call: replace,
  },
  split: {
    help: 'Cuts a text at a delimiter into a list of at most `limit` parts; at every character if it is "".',
    example: "'a,b,c'|split(',', 2)",
    parameters: [{ name: 'delimiter' }, { name: 'limit', fallback: null }],
    call: split,
  },
};

/** All replacements at once, longest first, as PHP's strtr: what was replaced is not replaced again. */
function replace([input, from]: readonly TemplateValue[], tools: CallTools): string {
  const { meter } = tools;
  const pairs = replacements(from, tools);
  const text = readText(input, tools);
  const keys = [...pairs.keys()].toSorted((a, b) => b.length - a.length);
  if (keys.length === 0) return text;
  const searched = keys.join('|');
  // Making the pattern costs about as much as reading each key thirty times.
  meter.chargeText(30 * searched.length + text.length);
  meter.search(text, searched);
  const pattern = new RegExp(keys.map((key) => literal(key)).join('|'), 'g');
  const replaced = text.replace(pattern, (key) => {
    const value = pairs.get(key) ?? '';
    meter.chargeText(REPLACEMENT + value.length);
    return value;
  });
  return meter.text(replaced);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function replacements(from: TemplateValue | undefined, tools: CallTools): Map<string, string> {
  if (!(from instanceof ObjectValue)) {
    throw new TemplateFailure(
      'template_error',
      'replace needs an object: replace({"old": "new"}).',
    );
  }
  if (from.size > MAX_REPLACEMENTS) {
    throw new TemplateFailure(
      'template_limit',
      `replace takes at most ${MAX_REPLACEMENTS} replacements.`,
    );
  }
  tools.meter.step(STEPS_OF_A_PATTERN + from.size);
  const pairs = [...from.fields].map(([key, value]) => [key, readText(value, tools)] as const);
  return new Map(pairs.filter(([key]) => key !== ''));
}

function split(
  [input, delimiter, limit = null]: readonly TemplateValue[],
  tools: CallTools,
): ListValue {
  const text = readText(input, tools);
  const separator = readText(delimiter, tools);
  const most = limit === null ? 0 : Math.trunc(numberOf(limit, 'split'));
  if (separator === '') return chunks(text, Math.max(1, most), tools);
  tools.meter.search(text, separator);
  const parts = text.split(separator);
  tools.meter.items(parts.length);
  if (most > 0 && parts.length > most) {
    return ListValue.of([...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]);
  }
  return ListValue.of(most < 0 ? parts.slice(0, most) : parts);
}

function chunks(text: string, size: number, { meter }: CallTools): ListValue {
  const length = Math.ceil(countCharacters(text) / size);
  meter.items(length);
  const letters = characters(text);
  meter.chargeText(letters.length * REPLACEMENT);
  const starts = Array.from({ length }, (_, i) => i * size);
  return ListValue.of(starts.map((start) => letters.slice(start, start + size).join('')));
}
