import type { Callable, CallableTable, Callback, Parameter } from '../library/callable.js';
import { type Compilation, type Evaluate, type Macro, placeOf } from './compilation.js';
import { shownName } from '../../shown-name.js';
import { adviceFor } from '../library/advice.js';
import type { SourcePlace } from '../place.js';
import { childrenOf, declaredName, type NodeOf, pairsOf, type SyntaxNode } from '../syntax.js';
import type { TemplateValue } from '../values/template-value.js';
import type { Scope } from './scope.js';

type CallNode = NodeOf<'filter'> | NodeOf<'function'> | NodeOf<'test'>;
/** A macro has a scope and an output of its own. */
const STEPS_OF_A_MACRO = 4;
const STEPS_OF_AN_ARGUMENT = 2;

type MakeCallback = (scope: Scope) => Callback;

/** A filter, function or test with its arguments put in order, so that wrong ones are found when it is saved. */
export function compileCall(node: CallNode, table: CallableTable, c: Compilation): Evaluate {
  const name = node.attributes.operatorName;
  const callable = table.get(name);
  if (!callable) {
    const known = node.type === 'test' ? [...table.keys(), 'defined'] : table.keys();
    const message = `There is no ${node.type} "${shownName(name)}".${adviceFor(name, known)}`;
    return c.refuse(node, `unknown_${node.type}`, message);
  }
  const { operand } = node.children;
  const { values, arrow } = bind(node, callable, c);
  const inputs = operand ? [c.expression(operand), ...values] : values;
  c.keepsArguments(inputs.length);
  const place = placeOf(node);
  return (scope) => {
    const { run } = scope;
    run.place = place;
    run.meter.step();
    const evaluated = inputs.map((evaluate) => evaluate(scope));
    run.place = place;
    const tools = arrow ? { ...scope.tools, arrow: arrow(scope) } : scope.tools;
    return callable.call(evaluated, tools);
  };
}

/** `v => …`: a function of ours that evaluates its body in a scope of its own. */
export function compileArrow(node: NodeOf<'arrow_function'>, c: Compilation): MakeCallback {
  const names = childrenOf(node.children.names).map(declaredName);
  const body = c.expression(node.children.body);
  return (scope) =>
    (...values) => {
      scope.run.meter.step(1 + names.length);
      return body(scope.nested(new Map(names.map((name, i) => [name, values[i] ?? null]))));
    };
}

interface Bound {
  values: readonly Evaluate[];
  arrow: MakeCallback | undefined;
}

function bind(node: CallNode, callable: Callable, c: Compilation): Bound {
  const given = new Given(node.attributes.operatorName, node, c);
  const { parameters = [], variadic = false } = callable;
  const arrow = callable.arrow ? given.takeArrow(callable.arrow) : undefined;
  const values = parameters.map((parameter, index) => given.take(parameter, index));
  const rest = variadic ? given.takeRest() : [];
  const names = parameters.map(({ name }) => name);
  given.refuseLeftOver(callable.arrow ? ['arrow', ...names] : names);
  return { values: [...values, ...rest], arrow };
}

/** The arguments as written; each is taken once, and what is left over is a fault. */
class Given {
  readonly #positional: SyntaxNode[] = [];
  readonly #named = new Map<string, SyntaxNode>();

  constructor(
    /** What is called, as it may appear in a message. */
    private readonly name: string,
    private readonly node: CallNode | NodeOf<'method_call'>,
    private readonly c: Compilation,
  ) {
    for (const { key, value } of pairsOf(node.children.arguments)) {
      const written = key.type === 'constant' ? key.attributes.value : null;
      if (typeof written !== 'string') this.#positional.push(value);
      else if (this.#named.has(spelling(written))) this.#refuseTwice(value);
      else this.#named.set(spelling(written), value);
    }
  }

  take(parameter: Parameter, index: number): Evaluate {
    const { name } = parameter;
    const missing = `"${this.name}" needs its argument ${index + 1}, "${name}".`;
    return this.takeOr(name, () => {
      if (parameter.fallback !== undefined) return fallbackOf(parameter, parameter.fallback);
      return this.c.refuse(this.node, 'missing_argument', missing);
    });
  }

  takeOr(name: string, otherwise: () => Evaluate): Evaluate {
    return this.takeGiven(name) ?? otherwise();
  }

  takeGiven(name: string): Evaluate | undefined {
    const written = this.#takeWritten(name);
    return written && this.c.expression(written);
  }

  /** Only an arrow function written in place will do: no value can ever stand for a function. */
  takeArrow(need: 'required' | 'optional'): MakeCallback | undefined {
    const written = this.#takeWritten('arrow');
    if (written?.type === 'arrow_function') return compileArrow(written, this.c);
    if (written || need === 'required') {
      const message = `"${this.name}" needs an arrow function: ${this.name}(v => …).`;
      this.c.refuse(written ?? this.node, 'missing_argument', message);
    }
    return undefined;
  }

  takeRest(): Evaluate[] {
    return this.#positional.splice(0).map((value) => this.c.expression(value));
  }

  refuseLeftOver(names: readonly string[]): void {
    const [extra] = this.#positional;
    if (extra) {
      const message = `"${this.name}" takes at most ${names.length} arguments.`;
      this.c.refuse(extra, 'too_many_arguments', message);
    }
    for (const [name, value] of this.#named) {
      if (names.some((known) => spelling(known) === name)) {
        this.#refuseTwice(value);
        continue;
      }
      const message = `"${this.name}" has no such argument.${adviceFor(name, names)}`;
      this.c.refuse(value, 'unknown_argument', message);
    }
  }

  #refuseTwice(value: SyntaxNode): void {
    this.c.refuse(value, 'too_many_arguments', `"${this.name}" is given this argument twice.`);
  }

  #takeWritten(name: string): SyntaxNode | undefined {
    const [first] = this.#positional.splice(0, 1);
    if (first) return first;
    const named = this.#named.get(spelling(name));
    this.#named.delete(spelling(name));
    return named;
  }
}

/** Made once for all uses: one for each use would keep more memory than the rest of a call. */
const fallbacks = new WeakMap<Parameter, Evaluate>();

function fallbackOf(parameter: Parameter, value: TemplateValue): Evaluate {
  const known = fallbacks.get(parameter);
  if (known) return known;
  const made: Evaluate = () => value;
  fallbacks.set(parameter, made);
  return made;
}

/** Twig writes `thousandSep` and `thousand_sep` for the same argument. */
function spelling(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
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
  const given = givenTo(macro, node, c);
  c.keepsArguments(given.length);
  return callOf(macro, given, placeOf(node));
}

/** Only what is given, in order: what is left out stands once, with the macro. */
function givenTo(macro: Macro, node: NodeOf<'method_call'>, c: Compilation): GivenValues {
  const given = new Given(node.attributes.methodName, node, c);
  const names = macro.parameters.map(({ name }) => name);
  const values = names.map((name) => given.takeGiven(name));
  given.refuseLeftOver(names);
  return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
}

type GivenValues = readonly (Evaluate | undefined)[];

/** Apart from what compiles it, so that the function that is kept holds on to nothing else. */
function callOf(macro: Macro, given: GivenValues, place: SourcePlace): Evaluate {
  return (scope) => {
    const { run } = scope;
    run.place = place;
    run.meter.step(STEPS_OF_A_MACRO + STEPS_OF_AN_ARGUMENT * macro.parameters.length);
    const own = new Map(
      macro.parameters.map(({ name, fallback }, i) => [name, (given[i] ?? fallback)(scope)]),
    );
    run.place = place;
    return run.meter.enter(() => run.capture(() => macro.body(scope.isolated(own))));
  };
}
