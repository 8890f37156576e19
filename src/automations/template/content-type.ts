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
// RFC 9110: token "/" token, then parameters whose values are tokens or quoted. No control character fits in.
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[ !#-[\\]-~]|\\\\[ -~])*"';
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?: *; *${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`);
const CHARSET = /;\s*charset="?([^";]+)/i;

/** What is wrong with a content type for templates of this format; undefined when nothing is. */
export function checkContentType(
  format: TemplateFormat,
  contentType: string | null,
): Fault | undefined {
  if (contentType === null) return undefined;
  if (format !== 'text') {
    return fault(`A template of the format ${format} always sends ${CONTENT_TYPES[format]}.`);
  }
  if (contentType.length > MAX_LENGTH || !MEDIA_TYPE.test(contentType)) {
    return fault('This is no content type. Write one like text/csv or text/html; charset=utf-8.');
  }
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  return charset === 'utf-8' ? undefined : fault('Bodies are sent in UTF-8: use charset=utf-8.');
}

function fault(message: string): Fault {
  return { path: 'contentType', code: 'invalid_content_type', message };
}
