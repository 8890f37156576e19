import type { Field } from '../../context/field.js';
import { readDocument } from './document-reader.js';
import { type Analysis, Findings } from './findings.js';
import type { TemplateFormat } from '../../automation.js';
import { KnownNames } from './known-names.js';
import { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from '../limits.js';
import { parse } from '../parsing/parser.js';
import { TemplateReader } from './template-reader.js';

export type { Analysis } from './findings.js';

/**
 * What a template reads of the context, and what of it does not exist. Never throws; of a template that does not
 * compile it says nothing, since that is told as faults.
 *
 * @param options as the template is compiled: with other limits it would be read only in part, or not at all
 * @param fields the context as it is known, from `contextFields`
 * @example
 * analyseTemplate('{{ data.nmae }}', { format: 'json-text' }, fields).warnings[0]?.message
 * // There is no "nmae" in data. Did you mean "data.name"?
 */
export function analyseTemplate(
  source: string,
  options: { format: TemplateFormat; limits?: Partial<TemplateLimits> },
  fields: Field,
): Analysis {
  const findings = new Findings();
  const names = KnownNames.root(fields);
  const limits = { ...DEFAULT_TEMPLATE_LIMITS, ...options.limits };
  try {
    if (options.format === 'json-tree') readDocument(source, names, { findings, limits });
    else readTwig(source, names, { findings, limits });
  } catch (error) {
    // Long chains nest deeper than the stack. They do not compile.
    if (error instanceof RangeError) return { variables: [], warnings: [] };
    throw error;
  }
  return findings.result();
}

function readTwig(
  source: string,
  names: KnownNames,
  { findings, limits }: { findings: Findings; limits: TemplateLimits },
): void {
  const parsed = parse(source, limits);
  if (parsed.ok) new TemplateReader(findings).template(parsed.tree, names);
}
