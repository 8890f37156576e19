import { type CallTools, readText } from './callable.js';
import type { TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';

const MAX_FORMATTERS = 60;
const MAX_LOCALE_LENGTH = 35;

/** Formatters by what they format. Making one costs far more than using it; the oldest unused one is let go. */
class Formatters<Formatter> {
  readonly #kept = new Map<string, Formatter>();

  /** The formatter of a kind, charged the same whether it was kept or not: a render must not depend on others. */
  get(kind: string, make: () => Formatter, { meter }: CallTools): Formatter {
    meter.formatter(kind);
    const formatter = this.#kept.get(kind) ?? make();
    this.#kept.delete(kind);
    this.#kept.set(kind, formatter);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_FORMATTERS && oldest !== undefined) this.#kept.delete(oldest);
    return formatter;
  }
}

const dates = new Formatters<Intl.DateTimeFormat>();
const numbers = new Formatters<Intl.NumberFormat>();

/** A formatter of dates in the customs of a language. @throws TemplateFailure when there is no such language or zone. */
export function dateFormatter(
  locale: string,
  options: Intl.DateTimeFormatOptions,
  tools: CallTools,
): Intl.DateTimeFormat {
  const { dateStyle, timeStyle, timeZone } = options;
  const kind = ['date', locale, dateStyle, timeStyle, timeZone].join(' ');
  return dates.get(kind, () => makeDateFormatter(locale, options), tools);
}

/** A formatter of numbers in the customs of a language. @throws TemplateFailure when there is no such language. */
export function numberFormatter(
  locale: string,
  options: Intl.NumberFormatOptions,
  tools: CallTools,
): Intl.NumberFormat {
  const { style, currency, maximumFractionDigits } = options;
  const kind = ['number', locale, style, currency, maximumFractionDigits].join(' ');
  const make = (): Intl.NumberFormat => new Intl.NumberFormat(supported(locale), options);
  return numbers.get(kind, make, tools);
}

/** A locale as it is written in a template: `de`, `pt-BR` or `pt_BR`. */
export function localeOf(value: TemplateValue | undefined, tools: CallTools): string {
  return readText(value, tools).replaceAll('_', '-');
}

function makeDateFormatter(
  locale: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const language = supported(locale);
  try {
    return new Intl.DateTimeFormat(language, { calendar: 'gregory', ...options });
  } catch {
    throw new TemplateFailure(
      'template_error',
      'There is no such time zone: use a name such as "Europe/Berlin".',
    );
  }
}

/** Without this check Intl takes the language of the server for one that it does not know. */
function supported(locale: string): string {
  if (locale.length <= MAX_LOCALE_LENGTH && isSupported(locale)) return locale;
  throw new TemplateFailure(
    'template_error',
    'There is no such locale: use a name such as "en", "de" or "pt-BR".',
  );
}

function isSupported(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    return false;
  }
}
