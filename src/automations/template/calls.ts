import type { Callable, CallableTable, Callback } from './callable.js';
import { type Compilation, type Evaluate, placeOf } from './compilation.js';
import type { TemplateValue } from './json-value.js';
import { adviceFor, shown } from './policy.js';
import { childrenOf, declaredName, type NodeOf, pairsOf, type SyntaxNode } from './syntax.js';
import type { Scope } from './scope.js';

type CallNode = NodeOf<'filter'> | NodeOf<'function'> | NodeOf<'test'>;
type MakeCallback = (scope: Scope) => Callback;

/** A filter, function or test with its arguments put in order, so that wrong ones are found when it is saved. */
export function compileCall(node: CallNode, table: CallableTable, c: Compilation): Evaluate {
  const name = node.attributes.operatorName;
  const callable = table.get(name);
  if (!callable) {
    const message = `There is no ${node.type} "${shown(name)}".${adviceFor(name, table.keys())}`;
    return c.refuse(node, `unknown_${node.type}`, message);
  }
  const { operand } = node.children;
  const { values, arrow } = bind(node, callable, c);
  const inputs = operand ? [c.expression(operand), ...values] : values;
  const place = placeOf(node);
  return (scope) => {
    const { run } = scope;
    run.meter.step();
    const evaluated = inputs.map((evaluate) => evaluate(scope));
    run.place = place;
    const tools = arrow ? { ...run.tools, arrow: arrow(scope) } : run.tools;
    return callable.call(evaluated, tools);
  };
}

/** `v => …`: a function of ours that evaluates its body in a scope of its own. */
export function compileArrow(node: NodeOf<'arrow_function'>, c: Compilation): MakeCallback {
  const names = childrenOf(node.children.names).map(declaredName);
  const body = c.expression(node.children.body);
  return (scope) =>
    (...values) => {
      scope.run.meter.step();
      return body(scope.nested(new Map(names.map((name, i) => [name, values[i] ?? null]))));
    };
}

interface Bound {
  values: readonly Evaluate[];
  arrow: MakeCallback | undefined;
}

function bind(node: CallNode, callable: Callable, c: Compilation): Bound {
  const given = new Given(node, c);
  const arrow = callable.arrow ? given.takeArrow(callable.arrow) : undefined;
  const values = (callable.parameters ?? []).map((parameter, index) =>
    given.take(parameter.name, index, parameter.fallback),
  );
  const rest = callable.variadic ? given.takeRest() : [];
  given.refuseLeftOver(callable);
  return { values: [...values, ...rest], arrow };
}

/** The arguments as written; each is taken once, and what is left over is a fault. */
class Given {
  readonly #positional: SyntaxNode[] = [];
  readonly #named = new Map<string, SyntaxNode>();
  readonly #name: string;

  constructor(
    private readonly node: CallNode,
    private readonly c: Compilation,
  ) {
    this.#name = node.attributes.operatorName;
    for (const { key, value } of pairsOf(node.children.arguments)) {
      const name = key.type === 'constant' ? key.attributes.value : null;
      if (typeof name === 'string') this.#named.set(name, value);
      else this.#positional.push(value);
    }
  }

  take(name: string, index: number, fallback: TemplateValue | undefined): Evaluate {
    const written = this.#positional.shift() ?? this.#named.get(name);
    this.#named.delete(name);
    if (written) return this.c.expression(written);
    if (fallback !== undefined) return () => fallback;
    const message = `"${this.#name}" needs its argument ${index + 1}, "${name}".`;
    return this.c.refuse(this.node, 'missing_argument', message);
  }

  /** Only an arrow function written in place will do: no value can ever stand for a function. */
  takeArrow(need: 'required' | 'optional'): MakeCallback | undefined {
    const written = this.#positional.shift() ?? this.#named.get('arrow');
    this.#named.delete('arrow');
    if (written?.type === 'arrow_function') return compileArrow(written, this.c);
    if (written || need === 'required') {
      const message = `"${this.#name}" needs an arrow function: ${this.#name}(v => …).`;
      this.c.refuse(written ?? this.node, 'missing_argument', message);
    }
    return undefined;
  }

  takeRest(): Evaluate[] {
    return this.#positional.splice(0).map((value) => this.c.expression(value));
  }

  refuseLeftOver({ parameters = [], arrow }: Callable): void {
    const [extra] = this.#positional;
    const most = parameters.length + (arrow ? 1 : 0);
    if (extra) {
      const message = `"${this.#name}" takes at most ${most} arguments.`;
      this.c.refuse(extra, 'too_many_arguments', message);
    }
    const names = parameters.map(({ name }) => name);
    for (const [name, value] of this.#named) {
      const message = `"${this.#name}" has no such argument.${adviceFor(name, names)}`;
      this.c.refuse(value, 'unknown_argument', message);
    }
  }
}

/** `_self.name(…)`: runs a macro of this template and answers what it wrote. */
export function compileMacroCall(node: NodeOf<'method_call'>, c: Compilation): Evaluate {
  const name = node.attributes.methodName;
  if (node.children.operand.attributes.name !== '_self') {
    return c.refuse(node, 'unknown_macro', 'Macros are called as _self.name(…).');
  }
  const macro = c.macros.get(name);
  if (!macro) {
    const message = `There is no macro of this name.${adviceFor(name, c.macros.keys())}`;
    return c.refuse(node, 'unknown_macro', message);
  }
  const given = pairsOf(node.children.arguments).map(({ value }) => c.expression(value));
  if (given.length > macro.parameters.length) {
    const message = `This macro takes at most ${macro.parameters.length} arguments.`;
    return c.refuse(node, 'too_many_arguments', message);
  }
  const place = placeOf(node);
  return (scope) => {
    const { run } = scope;
    run.meter.step();
    const own = new Map(
      macro.parameters.map(({ name: parameter, fallback }, i) => [
        parameter,
        (given[i] ?? fallback)(scope),
      ]),
    );
    run.place = place;
    return run.meter.enter(() => run.capture(() => macro.body(scope.isolated(own))));
  };
}
