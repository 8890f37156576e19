import { isTruthy } from '../values/compare.js';
import type { Evaluate, Execute } from '../engine/compilation.js';
import type { Placed } from './document-texts.js';
import {
  ListValue,
  ObjectValue,
  type TemplateValue,
  toTemplateValue,
} from '../values/template-value.js';
import type { JsonValue } from '../../../json.js';
import { TemplateFailure } from '../limits.js';
import { entriesOf } from '../library/collections.js';
import type { Scope } from '../engine/scope.js';
import { loopState } from '../engine/statements.js';

/** A part of a document, ready to be rendered. */
export interface DocumentValue {
  /** Undefined leaves out the field or the item. */
  value(scope: Scope): TemplateValue | undefined;
  /** What it puts into a list: its value if it has one, or any number of values. */
  items(scope: Scope): readonly TemplateValue[];
  /** Its value if that is always the same. */
  readonly constant?: JsonValue;
}

/** A field of an object; or fields of another object that go into this one. */
export type ObjectField =
  | { readonly name: string | ((scope: Scope) => string); readonly value: DocumentValue }
  | { readonly spread: Placed<Evaluate> };

/** A part without Twig. */
export function constant(json: JsonValue): DocumentValue {
  const made = toTemplateValue(json);
  return { ...single(counted(() => made)), constant: json };
}

/** A text that is one expression: its value, with its type. */
export function typedText({ made: evaluate, part }: Placed<Evaluate>): DocumentValue {
  const counting = counted(evaluate);
  return single((scope) => scope.run.within(part, () => counting(scope)));
}

/** A text with Twig in it. */
export function mixedText(text: Placed<Execute>): DocumentValue {
  return single(written(text));
}

/** What Twig writes. Variables that it sets end with it, so that no text depends on the order of the document. */
export function written({ made: execute, part }: Placed<Execute>): (scope: Scope) => string {
  return (scope) => {
    const { run } = scope;
    const inner = scope.nested(new Map());
    return run.within(part, () => run.capture(() => execute(inner)).plain.toWellFormed());
  };
}

/** A list of what its parts put into it. */
export function list(parts: readonly DocumentValue[]): DocumentValue {
  const constants = parts.flatMap(({ constant: json }) => (json === undefined ? [] : [json]));
  if (constants.length === parts.length) return constant(constants);
  return single((scope) => {
    const items = parts.flatMap((part) => part.items(scope));
    scope.run.meter.items(items.length);
    return ListValue.of(items);
  });
}

/** An object. A field without a value is left out; of two with the same name the later one counts. */
export function object(fields: readonly ObjectField[]): DocumentValue {
  const constants = fields.flatMap(constantField);
  if (constants.length === fields.length) return constant(Object.fromEntries(constants));
  return single((scope) => {
    const made = new Map<string, TemplateValue>();
    for (const field of fields) {
      for (const [name, value] of entriesOfField(field, scope)) made.set(name, value);
    }
    scope.run.meter.items(made.size);
    return ObjectValue.of(made);
  });
}

/** `$if`: one of two parts, or nothing. */
export function choice(
  { made: condition, part }: Placed<Evaluate>,
  then: DocumentValue,
  otherwise: DocumentValue | undefined,
): DocumentValue {
  const chosen = (scope: Scope) => {
    scope.run.meter.step();
    return scope.run.within(part, () => isTruthy(condition(scope))) ? then : otherwise;
  };
  return {
    value: (scope) => chosen(scope)?.value(scope),
    items: (scope) => chosen(scope)?.items(scope) ?? [],
  };
}

/** The variables of `$for`. */
export interface LoopNames {
  key: string | undefined;
  name: string;
}

/** What `$for` says. */
interface LoopParts extends LoopNames {
  sequence: Placed<Evaluate>;
  body: DocumentValue;
}

/** `$for`: a part for each element. In a list they are items of it, elsewhere they are a list. */
export function loop(parts: LoopParts): DocumentValue {
  const turns = (scope: Scope) => turnsOf(parts, scope);
  return { items: turns, value: (scope) => ListValue.of(turns(scope)) };
}

/** `$spread` alone: in a list the items of another list, elsewhere an object with the fields of another one. */
export function spread(source: Placed<Evaluate>): DocumentValue {
  return {
    ...object([{ spread: source }]),
    items: (scope) => scope.run.within(source.part, () => spreadItems(source.made(scope), scope)),
  };
}

function constantField(field: ObjectField): [string, JsonValue][] {
  if (!('value' in field) || typeof field.name !== 'string') return [];
  return field.value.constant === undefined ? [] : [[field.name, field.value.constant]];
}

function entriesOfField(field: ObjectField, scope: Scope): [string, TemplateValue][] {
  if ('spread' in field) {
    const { made, part } = field.spread;
    return scope.run.within(part, () => spreadFields(made(scope), scope));
  }
  const value = field.value.value(scope);
  if (value === undefined) return [];
  return [[typeof field.name === 'string' ? field.name : field.name(scope), value]];
}

function spreadFields(value: TemplateValue, { run }: Scope): [string, TemplateValue][] {
  if (!(value instanceof ObjectValue || isNothing(value))) throw misfit('an object');
  return entriesOf(value, run.tools).map(([name, field]) => [String(name), field]);
}

function spreadItems(value: TemplateValue, { run }: Scope): readonly TemplateValue[] {
  if (!(value instanceof ListValue || isNothing(value))) throw misfit('a list');
  return entriesOf(value, run.tools).map(([, item]) => item);
}

/** An empty list counts as an empty object and the other way round: PHP writes `[]` for both. */
function isNothing(value: TemplateValue): boolean {
  if (value instanceof ListValue || value instanceof ObjectValue) return value.size === 0;
  return value === null;
}

function misfit(needed: string): TemplateFailure {
  return new TemplateFailure('template_error', `"$spread" needs ${needed} here, or null.`);
}

function turnsOf({ key, name, sequence, body }: LoopParts, scope: Scope): TemplateValue[] {
  const { meter, tools } = scope.run;
  const { made: values, part } = sequence;
  const entries = scope.run.within(part, () => entriesOf(values(scope), tools));
  const inner = scope.looping();
  const made: TemplateValue[] = [];
  entries.forEach(([entryKey, value], index) => {
    meter.step();
    if (key !== undefined) inner.declare(key, entryKey);
    inner.declare(name, value);
    inner.declare('loop', loopState(index, entries.length, scope));
    for (const item of body.items(inner)) made.push(item);
  });
  meter.items(made.length);
  return made;
}

function single(value: DocumentValue['value']): DocumentValue {
  return {
    value,
    items: (scope) => {
      const made = value(scope);
      return made === undefined ? [] : [made];
    },
  };
}

function counted(evaluate: Evaluate): Evaluate {
  return (scope) => {
    scope.run.meter.step();
    return evaluate(scope);
  };
}
