import { entriesOf } from '../library/collections.js';
import { FORBIDDEN_VARIABLES } from '../library/policy.js';
import { type NodeOf, pairsOf, type SyntaxNode, typed } from '../syntax.js';
import { toText } from '../values/escape.js';
import { ListValue, Markup, ObjectValue, type TemplateValue } from '../values/template-value.js';
import type { Compilation, Evaluate } from './compilation.js';

const NO_METHODS = 'Data has no functions to call. Macros are called as _self.name(…).';

/** Own fields and elements only. What is not there is null. */
export function access(node: NodeOf<'attribute_accessor'>, c: Compilation): Evaluate {
  if (node.attributes.type === 'method' || pairsOf(node.children.arguments).length > 0) {
    return c.refuse(node, 'forbidden_function', NO_METHODS);
  }
  const target = c.expression(node.children.target);
  const key = c.expression(node.children.attribute);
  return (scope) => {
    scope.run.meter.step();
    return lookUp(target(scope), key(scope)) ?? null;
  };
}

/** `[a, ...b]`. */
export function list(node: NodeOf<'array'>, c: Compilation): Evaluate {
  const parts = pairsOf(node).map(({ value }) => spreadable(value, c));
  return (scope) => {
    scope.run.meter.step();
    const items = parts.flatMap(({ spread, evaluate }) => {
      const value = evaluate(scope);
      if (!spread) return [value];
      return entriesOf(value, scope.tools).map(([, item]) => item);
    });
    scope.run.meter.items(items.length);
    return ListValue.of(items);
  };
}

/** `{name: a, ...b}`. */
export function object(node: NodeOf<'hash'>, c: Compilation): Evaluate {
  const parts = pairsOf(node).map(({ key, value }) => {
    const part = spreadable(value, c);
    return { ...part, key: part.spread ? () => null : c.expression(key) };
  });
  return (scope) => {
    const { meter } = scope.run;
    meter.step();
    const fields = new Map<string, TemplateValue>();
    for (const { key, spread, evaluate } of parts) {
      const name = key(scope);
      const value = evaluate(scope);
      if (!spread) fields.set(toText(name, meter), value);
      else for (const [k, item] of entriesOf(value, scope.tools)) fields.set(String(k), item);
    }
    meter.items(fields.size);
    return ObjectValue.of(fields);
  };
}

/** `is defined`: whether the name or the field is there, even when it is null. */
export function defined(node: NodeOf<'test'>, c: Compilation): Evaluate {
  const operand: SyntaxNode | undefined = node.children.operand && typed(node.children.operand);
  if (operand?.type === 'name' && !FORBIDDEN_VARIABLES.has(operand.attributes.name)) {
    const { name } = operand.attributes;
    if (name === 'loop') c.loopReads += 1;
    return (scope) => scope.get(name) !== undefined;
  }
  if (operand?.type !== 'attribute_accessor' || operand.attributes.type === 'method') {
    return c.refuse(node, 'syntax_error', '"is defined" looks at a variable or a field of one.');
  }
  const target = c.expression(operand.children.target);
  const key = c.expression(operand.children.attribute);
  return (scope) => {
    scope.run.meter.step();
    return lookUp(target(scope), key(scope)) !== undefined;
  };
}

function lookUp(target: TemplateValue, key: TemplateValue): TemplateValue | undefined {
  const name = key instanceof Markup ? key.plain : key;
  if (typeof name !== 'string' && typeof name !== 'number') return undefined;
  if (target instanceof ObjectValue) return target.fields.get(String(name));
  if (!(target instanceof ListValue)) return undefined;
  const index = typeof name === 'string' && /^\d{1,9}$/.test(name) ? Number(name) : name;
  return typeof index === 'number' && index >= 0 ? target.items[index] : undefined;
}

function spreadable(value: SyntaxNode, c: Compilation): { spread: boolean; evaluate: Evaluate } {
  if (value.type !== 'spread') return { spread: false, evaluate: c.expression(value) };
  return { spread: true, evaluate: c.expression(value.children.iterable) };
}
