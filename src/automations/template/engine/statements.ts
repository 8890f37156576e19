import { isTruthy } from '../values/compare.js';
import {
  type Compilation,
  type Evaluate,
  type Execute,
  on,
  placeOf,
  type Rules,
} from './compilation.js';
import { escapeText, toText } from '../values/escape.js';
import { ObjectValue, Markup, type TemplateValue } from '../values/template-value.js';
import { TemplateFailure } from '../limits.js';
import { entriesOf } from '../library/collections.js';
import type { Scope } from './scope.js';
import { childrenOf, declaredName, type NodeOf, type SyntaxNode } from '../syntax.js';

/** A turn of a loop that reads `loop`: eight fields are made for it. */
const STEPS_WITH_LOOP = 4;

const nothing: Execute = () => {};

/** Every kind of statement a template may hold. Macros are declared by the compiler. */
const RULES: Rules<Execute> = new Map<SyntaxNode['type'], Rule>([
  on(null, (node, c) => sequence(childrenOf(node).map((child) => c.statement(child)))),
  on('text', (node) => text(node)),
  on('verbatim', (node) => text(node)),
  on('print', print),
  on('if', branch),
  on('for', loop),
  on('set', (node, c) => (node.attributes.captures ? capture(node, c) : assign(node, c))),
  on('with', nest),
  on('comment', () => nothing),
  on('for_loop', () => nothing),
]);

type Rule = NonNullable<ReturnType<Rules<Execute>['get']>>;

/** Makes a function of a statement: what writes to the body or sets variables. */
export function compileStatement(node: SyntaxNode, c: Compilation): Execute {
  const execute = RULES.get(node.type)?.(node, c);
  if (!execute) c.refuse(node, 'forbidden_tag', `The tag "${node.type}" is not available.`);
  return execute ?? nothing;
}

function sequence(parts: readonly Execute[]): Execute {
  return (scope) => {
    scope.run.meter.step();
    for (const part of parts) part(scope);
  };
}

function text(node: NodeOf<'text'> | NodeOf<'verbatim'>): Execute {
  const { data } = node.attributes;
  const place = placeOf(node);
  return ({ run }) => {
    run.place = place;
    run.meter.step();
    run.literal(data);
  };
}

function print(node: NodeOf<'print'>, c: Compilation): Execute {
  const expression = c.expression(node.children.expression);
  const place = placeOf(node);
  return (scope) => {
    const { run } = scope;
    run.place = place;
    run.meter.step();
    const value = expression(scope);
    run.place = place;
    if (value instanceof Markup) return run.print(value.escaped, value.plain);
    const plain = toText(value, run.meter);
    run.print(escapeText(plain), plain);
  };
}

function branch(node: NodeOf<'if'>, c: Compilation): Execute {
  const { tests, else: otherwiseNode } = node.children;
  const otherwise = otherwiseNode ? c.statement(otherwiseNode) : nothing;
  const cases = conditionsOf(childrenOf(tests), c);
  const place = placeOf(node);
  return (scope) => {
    scope.run.place = place;
    const chosen = cases.find(({ condition }) => {
      scope.run.meter.step();
      return isTruthy(condition(scope));
    });
    (chosen?.body ?? otherwise)(scope);
  };
}

/** The parser keeps condition, body, condition, body, … in one row. */
function conditionsOf(
  row: readonly SyntaxNode[],
  c: Compilation,
): { condition: Evaluate; body: Execute }[] {
  return row.flatMap((condition, index) => {
    const body = row[index + 1];
    if (index % 2 === 1 || !body) return [];
    return [{ condition: c.expression(condition), body: c.statement(body) }];
  });
}

function loop(node: NodeOf<'for'>, c: Compilation): Execute {
  const { keyTarget, valueTarget, sequence: sequenceNode, body: bodyNode } = node.children;
  const [keyName, valueName] = [declaredName(keyTarget), declaredName(valueTarget)];
  const values = c.expression(sequenceNode);
  const readsBefore = c.loopReads;
  const body = c.statement(bodyNode);
  const usesLoop = c.loopReads > readsBefore;
  const otherwise = node.children.else ? c.statement(node.children.else) : nothing;
  const place = placeOf(node);
  return (scope) => {
    const { run } = scope;
    run.place = place;
    const entries = entriesOf(values(scope), scope.tools);
    if (entries.length === 0) return otherwise(scope);
    const inner = scope.looping();
    entries.forEach(([key, value], index) => {
      run.place = place;
      run.meter.step(usesLoop ? STEPS_WITH_LOOP : 1);
      inner.declare(keyName, key);
      inner.declare(valueName, value);
      if (usesLoop) inner.declare('loop', loopState(index, entries.length, scope));
      body(inner);
    });
  };
}

/** What `loop` is in one turn of a loop. */
export function loopState(index: number, length: number, outer: Scope): TemplateValue {
  const outerLoop = outer.get('loop') ?? null;
  return ObjectValue.of(
    new Map<string, TemplateValue>([
      ['index', index + 1],
      ['index0', index],
      ['revindex', length - index],
      ['revindex0', length - index - 1],
      ['first', index === 0],
      ['last', index === length - 1],
      ['length', length],
      ['parent', ObjectValue.of(new Map([['loop', outerLoop]]))],
    ]),
  );
}

function assign(node: NodeOf<'set'>, c: Compilation): Execute {
  const names = childrenOf(node.children.names).map(declaredName);
  const values = childrenOf(node.children.values).map((value) => c.expression(value));
  const place = placeOf(node);
  return (scope) => {
    scope.run.place = place;
    const evaluated = values.map((value) => value(scope));
    names.forEach((name, index) => scope.assign(name, evaluated[index] ?? null));
  };
}

function capture(node: NodeOf<'set'>, c: Compilation): Execute {
  const names = childrenOf(node.children.names).map(declaredName);
  const body = c.statement(node.children.values);
  const place = placeOf(node);
  return (scope) => {
    scope.run.place = place;
    const captured = scope.run.capture(() => body(scope));
    for (const name of names) scope.assign(name, captured);
  };
}

function nest(node: NodeOf<'with'>, c: Compilation): Execute {
  const { variables: variablesNode, body: bodyNode } = node.children;
  const variables = variablesNode ? c.expression(variablesNode) : undefined;
  const body = c.statement(bodyNode);
  const { only } = node.attributes;
  const place = placeOf(node);
  return (scope) => {
    scope.run.place = place;
    scope.run.meter.step();
    const own = variables?.(scope) ?? ObjectValue.of(new Map());
    scope.run.place = place;
    if (!(own instanceof ObjectValue)) {
      throw new TemplateFailure('template_error', '"with" needs an object: {% with {a: 1} %}.');
    }
    scope.run.meter.items(own.size);
    const fields = new Map(own.fields);
    body(only ? scope.isolated(fields) : scope.nested(fields));
  };
}
