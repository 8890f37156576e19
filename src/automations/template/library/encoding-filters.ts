import { encodeJson, toText } from '../values/escape.js';
import { Markup, ObjectValue, type TemplateValue } from '../values/template-value.js';
import { type Callable, type CallTools, readText } from './callable.js';

/** Copied characters that take as long as one that is encoded. */
const SLOW = 6;

/** Filters that write values for other languages. */
export const ENCODING_FILTERS: Record<string, Callable> = {
  url_encode: {
    help: 'Percent-encodes a text, or makes a query of an object.',
    example: "{q: 'a b', n: 1}|url_encode",
    call: urlEncode,
  },
  json: {
    help: 'The whole value as JSON, with its quotes: how to print a value outside of quotes.',
    example: 'data.tags|json',
    call: json,
  },
  json_encode: {
    help: 'The same as json; its options are ignored.',
    example: 'data.tags|json_encode',
    parameters: [{ name: 'options', fallback: null }],
    call: json,
  },
};

function urlEncode([input = null]: readonly TemplateValue[], tools: CallTools): string {
  const { meter } = tools;
  if (!(input instanceof ObjectValue)) return meter.text(percent(readText(input, tools), meter));
  meter.step(input.size);
  const pairs = [...input.fields].map(
    ([name, value]) => `${percent(name, meter)}=${percent(toText(value, meter), meter)}`,
  );
  return meter.text(pairs.join('&'));
}

function percent(text: string, meter: CallTools['meter']): string {
  meter.chargeText(text.length * SLOW);
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function json([input = null]: readonly TemplateValue[], tools: CallTools): Markup {
  const text = encodeJson(input, tools.meter);
  return new Markup(text, text);
}
