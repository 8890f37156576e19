import type { Fault } from '../../errors.js';
import type { TemplateFormat } from '../automation.js';

/** What each format sends; a template of the format `text` may name another one. */
export const CONTENT_TYPES: Readonly<Record<TemplateFormat, string>> = {
  'json-text': 'application/json',
  'json-tree': 'application/json',
  text: 'text/plain; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
};

const MAX_LENGTH = 200;
const BAD_TYPE = 'This is no content type. Write one like text/csv or text/html; charset=utf-8.';

// RFC 9110: token "/" token, then parameters whose values are tokens or quoted. No control character fits in.
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[ !#-[\\]-~]|\\\\[ -~])*"';
const PARAMETER = ` *; *(${TOKEN})=(${TOKEN}|${QUOTED})`;
const MEDIA_TYPE = new RegExp(`^(${TOKEN})/(${TOKEN})((?:${PARAMETER})*)$`);
const EACH_PARAMETER = new RegExp(PARAMETER, 'gy');

/** What is wrong with a content type for templates of this format; undefined when nothing is. */
export function checkContentType(
  format: TemplateFormat,
  contentType: string | null,
): Fault | undefined {
  if (contentType === null) return undefined;
  if (format !== 'text') {
    return fault(`A template of the format ${format} always sends ${CONTENT_TYPES[format]}.`);
  }
  const problem = contentType.length > MAX_LENGTH ? BAD_TYPE : problemOf(contentType);
  return problem === undefined ? undefined : fault(problem);
}

function problemOf(contentType: string): string | undefined {
  const [, type, subtype, parameters] = MEDIA_TYPE.exec(contentType) ?? [];
  if (type === undefined || subtype === undefined || parameters === undefined) return BAD_TYPE;
  if (`${type}${subtype}`.includes('*')) return 'Name one type: a body has no * in it.';
  if (/^(?:message|multipart)$/i.test(type)) {
    return `A text is no ${type.toLowerCase()}: those are made of parts with headers of their own.`;
  }
  return problemOfParameters(parameters);
}

/** Receivers do not agree which of two parameters of the same name counts, or what `charset*` says. */
function problemOfParameters(written: string): string | undefined {
  const seen = new Set<string>();
  for (const [, parameter = '', value = ''] of written.matchAll(EACH_PARAMETER)) {
    const name = parameter.toLowerCase();
    if (name.includes('*')) return 'Write parameters without *.';
    if (seen.has(name)) return 'A parameter is written twice.';
    seen.add(name);
    if (name === 'charset' && unquoted(value).toLowerCase() !== 'utf-8') {
      return 'Bodies are sent in UTF-8: use charset=utf-8.';
    }
  }
  return undefined;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}

function fault(message: string): Fault {
  return { path: 'contentType', code: 'invalid_content_type', message };
}
