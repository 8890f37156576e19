import { nearestName } from '../../../nearest-name.js';
import { pathTo } from '../path-to.js';
import type { DocumentTexts } from './document-texts.js';
import type { DocumentObject } from './json-document.js';

/** The fields that an object must and may have when it stands for something else. */
interface Directive {
  name: '$for' | '$if';
  needs: readonly string[];
  may: readonly string[];
}

const DIRECTIVES: readonly Directive[] = [
  { name: '$for', needs: ['$for', 'in', 'do'], may: [] },
  { name: '$if', needs: ['$if', 'then'], may: ['else'] },
];

/** What an object of a document stands for; undefined for an object that is one. */
export function directiveOf({ fields }: DocumentObject): Directive | undefined {
  const names = namesOf(fields);
  return DIRECTIVES.find(({ name }) => names.includes(name));
}

/** Whether all that it needs is there and nothing else; notes what is wrong. */
export function isComplete(
  node: DocumentObject,
  { name, needs, may }: Directive,
  { path, texts }: { path: string; texts: DocumentTexts },
): boolean {
  const known = [...needs, ...may];
  const names = namesOf(node.fields);
  const missing = needs.filter((field) => !names.includes(field));
  const unknown = node.fields.filter((field) => !known.includes(field.name.text));
  for (const field of missing) {
    const message = `${path}: "${name}" needs a field "${field}" beside it.`;
    texts.refuse(node, 'missing_argument', message);
  }
  for (const { name: field } of unknown) {
    if (texts.isFull) break;
    const near = nearestName(field.text, known);
    const advice = near === undefined ? '' : ` Did you mean "${near}"?`;
    const message = `${pathTo(path, field.text)}: This cannot stand beside "${name}".${advice}`;
    texts.refuse(field, 'unknown_argument', message);
  }
  return missing.length + unknown.length === 0;
}

function namesOf(fields: DocumentObject['fields']): string[] {
  return fields.map(({ name }) => name.text);
}
