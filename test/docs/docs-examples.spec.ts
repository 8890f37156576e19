import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  analyseCondition,
  checkCondition,
  DEFAULT_CONDITION_LIMITS,
  evaluateCondition,
  OPERATOR_HELP,
} from '../../src/automations/condition/index.js';
import { Context, CONTEXT_NAMES } from '../../src/automations/context/context.js';
import { contextFields } from '../../src/automations/context/context-fields.js';
import {
  compileTemplate,
  renderTemplate,
  TemplateContext,
} from '../../src/automations/template/index.js';
import { LANGUAGE_HELP } from '../../src/automations/template/library/language-help.js';
import { DEFAULT_TEMPLATE_LIMITS } from '../../src/automations/template/limits.js';
import {
  ALLOWED_TAGS,
  FILTERS,
  FUNCTIONS,
  TESTS,
} from '../../src/automations/template/library/policy.js';
import { packageRoot } from '../../src/config/index.js';
import type { Fault } from '../../src/errors.js';
import type { EventExample } from '../../src/event-bus/index.js';
import type { JsonObject, JsonValue } from '../../src/json.js';
import { codeOf, type Fence, fencesOf, rowsOf } from './markdown.js';

describe('docs/templates.md', () => {
  const document = read('templates.md');
  const context = new TemplateContext(Context.of(contextIn(document)));
  const examples = pairsIn(document, 'twig');
  const rows = exampleRows(document, 'example', 'gives');

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(5);
    expect(examples.filter(([, , { info }]) => info === 'fault').length).toBeGreaterThan(2);
    expect(rows.length).toBeGreaterThan(110);
  });

  it.each(examples.filter(([, , { info }]) => info === 'json'))('line %s', (_, shown, expected) => {
    expect(render(shown.text, context)).toEqual({ body: JSON.parse(expected.text) });
  });

  it.each(examples.filter(([, , { info }]) => info === 'fault'))(
    'line %s',
    (_, shown, expected) => {
      const { fault } = render(shown.text, context);
      const lines = [`${fault?.code} ${fault?.line}:${fault?.column}`, fault?.message];
      const wanted = expected.text.trim().split('\n');
      // Where the document shows no message, it is the place that matters.
      expect(lines.slice(0, wanted.length)).toEqual(wanted);
    },
  );

  it.each(rows)('%s', (expression, gives) => {
    const outcome = render(`{{ (${expression})|json }}`, context);
    expect(outcome).toEqual({ body: JSON.parse(gives) });
  });

  const names = [FILTERS, FUNCTIONS, TESTS].flatMap((table) => [...table.keys()]);
  const opening = [...ALLOWED_TAGS].filter((tag) => !tag.startsWith('end'));
  it.each([...names, ...opening])('names %s', (name) => {
    expect(document).toContain(`\`${name}\``);
  });

  it.each(LANGUAGE_HELP.operators)('shows the operator $name', ({ name }) => {
    const shown = rows.some(([expression]) => expression.includes(name.replace('[]', '[')));
    expect(shown).toBe(true);
  });

  it.each(CONTEXT_NAMES)('says what %s holds', (name) => {
    expect(rowsOf(document).some((row) => row['name'] === `\`${name}\``)).toBe(true);
  });

  it.each(Object.entries(DEFAULT_TEMPLATE_LIMITS))('knows the limit %s', (name, value) => {
    expect(limitIn(document, name)).toBe(value);
  });
});

describe('docs/conditions.md', () => {
  const document = read('conditions.md');
  const context = Context.of(contextIn(document));
  const rows = exampleRows(document, 'condition', 'result');

  it('has examples', () => {
    expect(rows.length).toBeGreaterThan(70);
  });

  it.each(rows)('%s', (text, result) => {
    const condition = parse(text);
    expect(checkCondition(condition)).toEqual([]);
    expect(evaluateCondition(condition, context)).toEqual({ ok: true, matched: result === 'true' });
  });

  it.each(pairsIn(document, 'json condition'))('line %s', (_, { text }, expected) => {
    expect(linesOf(checkCondition(parse(text)))).toBe(expected.text);
  });

  it.each(pairsIn(document, 'json condition warnings'))('line %s', (_, { text }, expected) => {
    const example = contextIn(document) as JsonObject & EventExample;
    const fields = contextFields([{ name: 'user.updated', schema: null, example }]);
    expect(checkCondition(parse(text))).toEqual([]);
    expect(linesOf(analyseCondition(parse(text), fields).warnings)).toBe(expected.text);
  });

  it.each(OPERATOR_HELP)('gives a good example of $name', ({ name, example }) => {
    expect(JSON.stringify(example)).toContain(`{"${name}":`);
    expect(checkCondition(example)).toEqual([]);
    expect(evaluateCondition(example, context)).toEqual({ ok: true, matched: true });
  });

  it.each(CONTEXT_NAMES)('says what %s is', (name) => {
    expect(rowsOf(document).some((row) => row['name'] === `\`${name}\``)).toBe(true);
  });

  it.each(OPERATOR_HELP)('names $name', ({ name }) => {
    expect(document).toContain(`\`${name}\``);
  });

  it.each(Object.entries(DEFAULT_CONDITION_LIMITS))('knows the limit %s', (name, value) => {
    expect(limitIn(document, name)).toBe(value);
  });
});

function read(name: string): string {
  return readFileSync(join(packageRoot, 'docs', name), 'utf8');
}

function linesOf(faults: readonly Fault[]): string {
  const lines = faults.flatMap(({ code, path, message }) => [`${code} ${path}`, message]);
  return `${lines.join('\n')}\n`;
}

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/** The data that the examples of a document are run with. */
function contextIn(document: string): JsonObject {
  const fence = fencesOf(document).find(({ info }) => info === 'json context');
  return JSON.parse(fence?.text ?? '') as JsonObject;
}

/** Each block of a kind with the block that follows it and says what comes of it. */
function pairsIn(document: string, info: string): [number, Fence, Fence][] {
  const fences = fencesOf(document);
  return fences.flatMap((fence, index): [number, Fence, Fence][] => {
    const next = fences[index + 1];
    return fence.info === info && next ? [[fence.line, fence, next]] : [];
  });
}

function exampleRows(document: string, input: string, output: string): [string, string][] {
  return rowsOf(document).flatMap((row): [string, string][] => {
    const [text, result] = [codeOf(row[input]), codeOf(row[output])];
    return text !== undefined && result !== undefined ? [[text, result]] : [];
  });
}

function limitIn(document: string, name: string): number {
  const row = rowsOf(document).find(({ limit }) => limit === `\`${name}\``);
  return Number(row?.default?.replaceAll(',', ''));
}

function render(source: string, context: TemplateContext): { body?: unknown; fault?: Fault } {
  const compiled = compileTemplate(source, { format: 'json-text' });
  if (!compiled.ok) return { fault: compiled.faults[0] };
  const rendered = renderTemplate(compiled.template, context);
  return rendered.ok ? { body: JSON.parse(rendered.body) } : { fault: rendered.fault };
}
