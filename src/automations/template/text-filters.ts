import { encodeJson, toText } from './escape.js';
import { type ArrowTools, type Callable, type CallTools, readText } from './callable.js';
import { JsonArray, JsonObject, Markup, type TemplateValue } from './json-value.js';
import { TemplateFailure } from './limits.js';
import { sprintf } from './sprintf.js';

/** Filters that read and make text. Null counts as ''; characters are code points, so an emoji is one. */
export const TEXT_FILTERS: Record<string, Callable> = {
  upper: textFilter((text) => text.toUpperCase()),
  lower: textFilter((text) => text.toLowerCase()),
  capitalize: textFilter(capitalize),
  title: textFilter((text) => text.replace(/[\p{L}\p{N}\p{M}']+/gu, capitalize)),
  striptags: textFilter(stripTags),
  nl2br: textFilter((text) => text.replaceAll('\n', '<br />\n')),
  trim: {
    parameters: [
      { name: 'character_mask', fallback: ' \t\n\r\0\v' },
      { name: 'side', fallback: 'both' },
    ],
    call: trim,
  },
  replace: { parameters: [{ name: 'from' }], call: replace },
  split: { parameters: [{ name: 'delimiter' }, { name: 'limit', fallback: null }], call: split },
  format: { variadic: true, call: format },
  url_encode: { call: urlEncode },
  json: { call: json },
  json_encode: { parameters: [{ name: 'options', fallback: null }], call: json },
};

/** Splits a text into code points, so that nothing is ever cut inside an emoji. */
export function characters(text: string): string[] {
  return Array.from(text);
}

function textFilter(change: (text: string) => string): Callable {
  return { call: ([input], tools) => tools.meter.text(change(readText(input, tools))) };
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
  const text = characters(readText(input, tools));
  const masked = new Set(characters(readText(mask, tools)));
  const where = readText(side, tools);
  let start = 0;
  let end = text.length;
  if (where !== 'right') while (start < end && masked.has(text[start] ?? '')) start += 1;
  if (where !== 'left') while (end > start && masked.has(text[end - 1] ?? '')) end -= 1;
  return text.slice(start, end).join('');
}

/** All replacements at once, longest first, as PHP's strtr: what was replaced is not replaced again. */
function replace([input, from]: readonly TemplateValue[], tools: CallTools): string {
  if (!(from instanceof JsonObject)) {
    throw new TemplateFailure(
      'template_error',
      'replace needs an object: replace({"old": "new"}).',
    );
  }
  const text = readText(input, tools);
  const pairs = new Map([...from.fields].map(([key, value]) => [key, readText(value, tools)]));
  const keys = [...pairs.keys()]
    .filter((key) => key !== '')
    .toSorted((a, b) => b.length - a.length);
  if (keys.length === 0) return text;
  if (keys.length > 100) {
    throw new TemplateFailure('template_limit', 'replace takes at most 100 replacements.');
  }
  tools.meter.search(text, keys.join(''));
  return text.replace(new RegExp(keys.map(literal).join('|'), 'g'), (key) =>
    tools.meter.text(pairs.get(key) ?? ''),
  );
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function split([input, delimiter, limit]: readonly TemplateValue[], tools: CallTools): JsonArray {
  const text = readText(input, tools);
  const separator = readText(delimiter, tools);
  const most = typeof limit === 'number' ? Math.trunc(limit) : 0;
  if (separator === '') return chunks(text, Math.max(1, most), tools);
  tools.meter.search(text, separator);
  const parts = text.split(separator);
  tools.meter.items(parts.length);
  if (most > 0 && parts.length > most) {
    return JsonArray.of([...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]);
  }
  return JsonArray.of(most < 0 ? parts.slice(0, most) : parts);
}

function chunks(text: string, size: number, tools: CallTools): JsonArray {
  const letters = characters(text);
  tools.meter.items(Math.ceil(letters.length / size));
  const starts = Array.from({ length: Math.ceil(letters.length / size) }, (_, i) => i * size);
  return JsonArray.of(starts.map((start) => letters.slice(start, start + size).join('')));
}

function format([input, ...values]: readonly TemplateValue[], tools: ArrowTools): string {
  return tools.meter.text(sprintf(readText(input, tools), values, tools));
}

function urlEncode([input = null]: readonly TemplateValue[], tools: CallTools): string {
  if (!(input instanceof JsonObject)) return tools.meter.text(percent(readText(input, tools)));
  tools.meter.step(input.size);
  const pairs = [...input.fields].map(
    ([name, value]) => `${percent(name)}=${percent(toText(value, tools.meter))}`,
  );
  return tools.meter.text(pairs.join('&'));
}

function percent(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
  return encodeURIComponent(wellFormed).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function json([input = null]: readonly TemplateValue[], tools: CallTools): Markup {
  const text = encodeJson(input, tools.meter);
  return new Markup(text, text);
}
