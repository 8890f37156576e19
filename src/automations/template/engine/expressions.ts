import { compileArrow, compileCall, compileMacroCall } from './calls.js';
import { isTruthy } from '../values/compare.js';
import { type Compilation, type Evaluate, on, placeOf, type Rules } from './compilation.js';
import { access, defined, list, object } from './data-expressions.js';
import { entriesOf } from '../library/collections.js';
import { numberOf } from '../library/number-filters.js';
import { BINARY_OPERATORS } from '../library/operators.js';
import { adviceFor } from '../library/advice.js';
import { FILTERS, FORBIDDEN_VARIABLES, FUNCTIONS, TESTS } from '../library/policy.js';
import { childrenOf, type NodeOf, type SyntaxNode, typed } from '../syntax.js';

/** Every kind of expression a template may hold, besides the operators of operators.ts. */
const RULES: Rules<Evaluate> = new Map<SyntaxNode['type'], Rule>([
  on('constant', literal),
  on('name', variable),
  on('attribute_accessor', access),
  on('array', list),
  on('hash', object),
  on('filter', (node, c) => compileCall(node, FILTERS, c)),
  on('function', (node, c) => compileCall(node, FUNCTIONS, c)),
  on('test', test),
  on('method_call', compileMacroCall),
  on('conditional', conditional),
  on('nullish_coalescing', coalesce),
  on('and', both),
  on('or', either),
  on('has_some', (node, c) => quantifier(node, c)),
  on('has_every', (node, c) => quantifier(node, c)),
  on('not', not),
  on('negative', (node, c) => signed(node, -1, c)),
  on('positive', (node, c) => signed(node, 1, c)),
  on('arrow_function', misplacedArrow),
  on('block_function', noBlocks),
  on('parent_function', noBlocks),
]);

type Rule = NonNullable<ReturnType<Rules<Evaluate>['get']>>;

/** Makes a function of an expression. */
export function compileExpression(node: SyntaxNode, c: Compilation): Evaluate {
  return RULES.get(node.type)?.(node, c) ?? binary(node, c);
}

function literal(node: NodeOf<'constant'>, c: Compilation): Evaluate {
  const { value } = node.attributes;
  if (typeof value !== 'number' || Number.isFinite(value)) return () => value;
  return c.refuse(node, 'syntax_error', 'This number is too large.');
}

function variable(node: NodeOf<'name'>, c: Compilation): Evaluate {
  const { name } = node.attributes;
  if (FORBIDDEN_VARIABLES.has(name)) {
    return c.refuse(node, 'forbidden_variable', `"${name}" is not available as a value.`);
  }
  if (name === 'loop') c.loopReads += 1;
  return (scope) => scope.get(name) ?? null;
}

function test(node: NodeOf<'test'>, c: Compilation): Evaluate {
  return node.attributes.operatorName === 'defined'
    ? defined(node, c)
    : compileCall(node, TESTS, c);
}

function conditional(node: NodeOf<'conditional'>, c: Compilation): Evaluate {
  const { expr1, expr2, expr3 } = node.children;
  const [condition, yes, no] = [expr1, expr2, expr3].map((child) => c.expression(child));
  if (!condition || !yes || !no) return () => null;
  return (scope) => {
    scope.run.meter.step();
    return isTruthy(condition(scope)) ? yes(scope) : no(scope);
  };
}

function coalesce(node: NodeOf<'nullish_coalescing'>, c: Compilation): Evaluate {
  const left = c.expression(node.children.expr1);
  const right = c.expression(node.children.expr3);
  return (scope) => {
    scope.run.meter.step();
    return left(scope) ?? right(scope);
  };
}

function both(node: NodeOf<'and'>, c: Compilation): Evaluate {
  const left = c.expression(node.children.left);
  const right = c.expression(node.children.right);
  return (scope) => {
    scope.run.meter.step();
    return isTruthy(left(scope)) && isTruthy(right(scope));
  };
}

function either(node: NodeOf<'or'>, c: Compilation): Evaluate {
  const left = c.expression(node.children.left);
  const right = c.expression(node.children.right);
  return (scope) => {
    scope.run.meter.step();
    return isTruthy(left(scope)) || isTruthy(right(scope));
  };
}

/** `list has some v => …` and `list has every v => …`. */
function quantifier(node: NodeOf<'has_some'> | NodeOf<'has_every'>, c: Compilation): Evaluate {
  const values = c.expression(node.children.left);
  const written = typed(node.children.right);
  if (written.type !== 'arrow_function') {
    return c.refuse(
      node,
      'missing_argument',
      'This needs an arrow function: list has some v => ….',
    );
  }
  const arrow = compileArrow(written, c);
  const isSome = node.type === 'has_some';
  return (scope) => {
    const accepts = arrow(scope);
    const entries = entriesOf(values(scope), scope.tools);
    if (isSome) return entries.some(([key, value]) => isTruthy(accepts(value, key)));
    return entries.every(([key, value]) => isTruthy(accepts(value, key)));
  };
}

function not(node: NodeOf<'not'>, c: Compilation): Evaluate {
  const operand = c.expression(node.children.operand);
  return (scope) => {
    scope.run.meter.step();
    return !isTruthy(operand(scope));
  };
}

function signed(
  node: NodeOf<'negative'> | NodeOf<'positive'>,
  sign: 1 | -1,
  c: Compilation,
): Evaluate {
  const operand = c.expression(node.children.operand);
  const place = placeOf(node);
  return (scope) => {
    const value = operand(scope);
    scope.run.meter.step();
    scope.run.place = place;
    return sign * numberOf(value, sign < 0 ? '-' : '+');
  };
}

function misplacedArrow(node: SyntaxNode, c: Compilation): Evaluate {
  return c.refuse(node, 'forbidden_operator', 'Write an arrow function directly into its filter.');
}

function noBlocks(node: SyntaxNode, c: Compilation): Evaluate {
  return c.refuse(node, 'forbidden_function', 'Blocks are not available.');
}

function binary(node: SyntaxNode, c: Compilation): Evaluate {
  const apply = BINARY_OPERATORS.get(node.type)?.apply;
  const [left, right] = apply ? childrenOf(node).map((side) => c.expression(side)) : [];
  if (!apply || !left || !right) {
    const name = String(node.type);
    const message = `"${name.replaceAll('_', ' ')}" is not available.${adviceFor(name, [])}`;
    return c.refuse(node, 'forbidden_operator', message);
  }
  const place = placeOf(node);
  return (scope) => {
    const [a, b] = [left(scope), right(scope)];
    scope.run.meter.step();
    scope.run.place = place;
    return apply(a, b, scope.tools);
  };
}
