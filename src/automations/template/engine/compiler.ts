import type { TwingBaseNode, TwingTemplateNode } from 'twing/light';
import type { Fault } from '../../../errors.js';
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
}

/**
 * Turns Twing's syntax tree into functions of our own, once. Nothing of Twing runs when a template is rendered: its
 * interpreter can be talked into calling any function it can reach, and ours knows no functions but those of policy.ts.
 */
export function compileTree(tree: TwingTemplateNode, maxDepth: number): CompiledTree<Execute> {
  const compiler = new Compiler(maxDepth, tree);
  return { made: compiler.statement(tree.children.body), faults: compiler.faults };
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
  return { made: compiler.expression(print.children.expression), faults: compiler.faults };
}

/** A body of one statement is that statement, and of several a node without a type. */
function partsOf(body: TwingBaseNode): SyntaxNode[] {
  const node = typed(body);
  return node.type === null ? childrenOf(node).flatMap(partsOf) : [node];
}

class Compiler implements Compilation {
  readonly faults: Fault[] = [];
  readonly macros = new Map<string, Macro>();
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
    return () => null;
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
    const made = make();
    this.#depth -= 1;
    return made;
  }

  #parametersOf(node: TwingBaseNode): Macro['parameters'] {
    return pairsOf(node).map(({ key, value }) => ({
      name: key.type === 'constant' ? String(key.attributes.value) : '',
      fallback: this.expression(value),
    }));
  }
}
