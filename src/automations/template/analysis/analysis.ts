import type { Field } from '../../context/field.js';
import { readDocument } from './document-reader.js';
import { type Analysis, Findings } from './findings.js';
import type { TemplateFormat } from '../../automation.js';
import { KnownNames } from './known-names.js';
import { DEFAULT_TEMPLATE_LIMITS } from '../limits.js';
import { parse } from '../parsing/parser.js';
import { TemplateReader } from './template-reader.js';

export type { Analysis } from './findings.js';

/**
 * What a template reads of the context, and what of it does not exist. Never throws; of a template that does not
 * compile it says nothing, since that is told as faults.
 *
 * @param fields the context as it is known, from `contextFields`
 * @example
 * analyseTemplate('{{ data.nmae }}', { format: 'json-text' }, fields).warnings[0]?.message
 * // There is no "nmae" in data. Did you mean "data.name"?
 */
export function analyseTemplate(
  source: string,
  { format }: { format: TemplateFormat },
  fields: Field,
): Analysis {
  const findings = new Findings();
  const names = KnownNames.root(fields);
  if (format === 'json-tree') readDocument(source, names, findings);
  else readTwig(source, names, findings);
  return findings.result();
}

function readTwig(source: string, names: KnownNames, findings: Findings): void {
  const parsed = parse(source, DEFAULT_TEMPLATE_LIMITS);
  if (parsed.ok) new TemplateReader(findings).template(parsed.tree, names);
}
