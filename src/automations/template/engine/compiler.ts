import type { TwingBaseNode, TwingTemplateNode } from 'twing/light';
import { type Fault, MAX_FAULTS } from '../../../errors.js';
import type { Compilation, Evaluate, Execute, Macro } from './compilation.js';
import { compileExpression } from './expressions.js';
import { faultAt, NestedTooDeeply } from '../faults.js';
import type { SourcePlace } from '../place.js';
import { compileStatement } from './statements.js';
import { childrenOf, pairsOf, type SyntaxNode, typed } from '../syntax.js';

/** A function that renders a tree, and all that is wrong with it. */
export interface CompiledTree<Made> {
  made: Made;
  faults: readonly Fault[];
  /** About how much memory is kept. */
  bytes: number;
}

/** Measured with Node 20 to 24: functions, their variables, lists and places. */
const BYTES_OF_A_NODE = 210;
const BYTES_OF_AN_ARGUMENT = 16;

/** Each of them takes time and memory in every call. */
const MAX_PARAMETERS = 30;

/** Ends a compilation that has found enough. */
export class EnoughFaults extends Error {
  override readonly name = 'EnoughFaults';

  constructor(readonly faults: readonly Fault[]) {
    super('The template has many faults.');
  }
}

/**
 * Turns Twing's syntax tree into functions of our own, once. Nothing of Twing runs when a template is rendered: its
 * interpreter can be talked into calling any function it can reach, and ours knows no functions but those of policy.ts.
 */
export function compileTree(tree: TwingTemplateNode, maxDepth: number): CompiledTree<Execute> {
  const compiler = new Compiler(maxDepth, tree);
  return compiler.finished(compiler.statement(tree.children.body));
}

/** The same for a tree that is nothing but one `{{ expression }}`: its value. Undefined for any other tree. */
export function compileSoleExpression(
  tree: TwingTemplateNode,
  maxDepth: number,
): CompiledTree<Evaluate> | undefined {
  const parts = partsOf(tree.children.body).filter(({ type }) => type !== 'comment');
  const [print] = parts;
  if (parts.length !== 1 || print?.type !== 'print') return undefined;
  const compiler = new Compiler(maxDepth, tree);
  return compiler.finished(compiler.expression(print.children.expression));
}

/** A body of one statement is that statement, and of several a node without a type. */
function partsOf(body: TwingBaseNode): SyntaxNode[] {
  const node = typed(body);
  return node.type === null ? childrenOf(node).flatMap(partsOf) : [node];
}

class Compiler implements Compilation {
  readonly faults: Fault[] = [];
  readonly macros = new Map<string, Macro>();
  loopReads = 0;
  #bytes = 0;
  #depth = 0;

  constructor(
    private readonly maxDepth: number,
    tree: TwingTemplateNode,
  ) {
    this.#refuseOtherTemplates(tree);
    this.#declareMacros(tree);
  }

  expression(node: TwingBaseNode): Evaluate {
    return this.#deeper(node, () => compileExpression(typed(node), this));
  }

  statement(node: TwingBaseNode): Execute {
    return this.#deeper(node, () => compileStatement(typed(node), this));
  }

  refuse(node: SourcePlace, code: string, message: string): Evaluate {
    this.faults.push(faultAt(node, code, message));
    if (this.faults.length >= MAX_FAULTS) throw new EnoughFaults(this.faults);
    return () => null;
  }

  keepsArguments(count: number): void {
    this.#bytes += count * BYTES_OF_AN_ARGUMENT;
  }

  finished<Made>(made: Made): CompiledTree<Made> {
    return { made, faults: this.faults, bytes: this.#bytes };
  }

  /** The tags that would bring other templates in are refused before; this holds even if one slips through. */
  #refuseOtherTemplates({ children, embeddedTemplates, line, column }: TwingTemplateNode): void {
    const { parent, blocks, traits } = children;
    const foreign = [...childrenOf(blocks), ...childrenOf(traits), ...embeddedTemplates];
    if (parent || foreign.length > 0) {
      this.refuse({ line, column }, 'forbidden_tag', 'A template cannot use other templates.');
    }
  }

  /** All names first and the bodies then, because macros may call macros that follow. */
  #declareMacros(tree: TwingTemplateNode): void {
    const bodies = Object.entries(tree.children.macros.children).map(([name, node]) => {
      const macro: Macro = {
        parameters: this.#parametersOf(node.children.arguments),
        body: () => {},
      };
      this.macros.set(name, macro);
      return { macro, body: node.children.body };
    });
    for (const { macro, body } of bodies) macro.body = this.statement(body);
  }

  #deeper<Made>(node: SourcePlace, make: () => Made): Made {
    if (this.#depth >= this.maxDepth) throw new NestedTooDeeply(node);
    this.#depth += 1;
    this.#bytes += BYTES_OF_A_NODE;
    const made = make();
    this.#depth -= 1;
    return made;
  }

  #parametersOf(node: TwingBaseNode): Macro['parameters'] {
    const written = pairsOf(node);
    const tooMany = written[MAX_PARAMETERS];
    if (tooMany) {
      const message = `A macro can have ${MAX_PARAMETERS} arguments at most: hand over an object.`;
      this.refuse(tooMany.value, 'template_too_large', message);
    }
    return written.slice(0, MAX_PARAMETERS).map(({ key, value }) => ({
      name: key.type === 'constant' ? String(key.attributes.value) : '',
      fallback: this.expression(value),
    }));
  }
}
