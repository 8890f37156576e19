import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEMPLATE_FORMATS, type TemplateFormat } from '../../src/automations/automation.js';
import { Context } from '../../src/automations/context/context.js';
import { PRESETS } from '../../src/automations/presets/presets.js';
import {
  compileTemplate,
  renderTemplate,
  TemplateContext,
} from '../../src/automations/template/index.js';
import { MAX_TEXTS } from '../../src/automations/template/document/document-texts.js';
import { packageRoot } from '../../src/config/index.js';
import type { JsonObject } from '../../src/json.js';
import { codeOf, type Fence, fencesOf, rowsOf } from './markdown.js';

const document = readFileSync(join(packageRoot, 'docs', 'template-formats.md'), 'utf8');
const fences = fencesOf(document);
const context = fences.find(({ info }) => info === 'json context')?.text ?? '';
const values = new TemplateContext(Context.of(JSON.parse(context) as JsonObject));

/** Each template with the block that follows it and says what comes of it. */
const examples = fences.flatMap((fence, index): [number, Fence, Fence][] => {
  const next = fences[index + 1];
  return formatOf(fence) && next ? [[fence.line, fence, next]] : [];
});

describe('docs/template-formats.md', () => {
  it.each(TEMPLATE_FORMATS)('has examples of %s', (format) => {
    expect(examples.some(([, shown]) => formatOf(shown) === format)).toBe(true);
  });

  it.each(examples)('line %i', (_line, shown, { info, text }) => {
    const read = info === 'json body' ? JSON.parse : (outcome: string) => outcome.trimEnd();
    expect(read(render(shown))).toEqual(read(text));
  });

  it('names every preset with its format', () => {
    const told = rowsOf(document).flatMap((row) => {
      const name = codeOf(row['name']);
      return name ? [[name, codeOf(row['`templateFormat`'])]] : [];
    });
    expect(told).toEqual(PRESETS.map(({ name, templateFormat }) => [name, templateFormat]));
  });

  it('knows the limit of texts', () => {
    expect(document).toContain(`A document has ${MAX_TEXTS} texts with Twig at most.`);
  });
});

function formatOf({ info }: Fence): TemplateFormat | undefined {
  return TEMPLATE_FORMATS.find((format) => info.endsWith(` ${format}`));
}

/** The body, or the fault as the document shows faults. */
function render(shown: Fence): string {
  const format = formatOf(shown) ?? 'json-text';
  const compiled = compileTemplate(shown.text.trimEnd(), { format });
  const rendered = compiled.ok
    ? renderTemplate(compiled.template, values)
    : { ok: false as const, fault: compiled.faults[0] };
  if (rendered.ok) return rendered.body;
  const { code, line, column, message } = rendered.fault ?? {};
  return `${code} ${line}:${column}\n${message}`;
}
