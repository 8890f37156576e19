import type { TwingBaseNode, TwingTemplateNode } from 'twing/light';
import type { Fault } from '../../errors.js';
import type { Compilation, Evaluate, Execute, Macro } from './compilation.js';
import { compileExpression } from './expressions.js';
import { faultAt, NestedTooDeeply } from './faults.js';
import type { Place } from './run.js';
import { compileStatement } from './statements.js';
import { childrenOf, pairsOf, typed } from './syntax.js';

/** What became of a tree: one function that renders it, and all that is wrong with it. */
export interface Compiled {
  execute: Execute;
  faults: readonly Fault[];
}

/**
 * Turns Twing's syntax tree into functions of our own, once. Nothing of Twing runs when a template is rendered: its
 * interpreter can be talked into calling any function it can reach, and ours knows no functions but those of policy.ts.
 */
export function compileTree(tree: TwingTemplateNode, deepest: number): Compiled {
  const compiler = new Compiler(deepest);
  compiler.refuseOtherTemplates(tree);
  compiler.declareMacros(tree);
  return { execute: compiler.statement(tree.children.body), faults: compiler.faults };
}

class Compiler implements Compilation {
  readonly faults: Fault[] = [];
  readonly macros = new Map<string, Macro>();
  #depth = 0;

  constructor(private readonly deepest: number) {}

  expression(node: TwingBaseNode): Evaluate {
    return this.#deeper(node, () => compileExpression(typed(node), this));
  }

  statement(node: TwingBaseNode): Execute {
    return this.#deeper(node, () => compileStatement(typed(node), this));
  }

  refuse(node: Place, code: string, message: string): Evaluate {
    this.faults.push(faultAt(node, code, message));
    return () => null;
  }

  /** The tags that would bring other templates in are refused before; this holds even if one slips through. */
  refuseOtherTemplates({ children, embeddedTemplates, line, column }: TwingTemplateNode): void {
    const { parent, blocks, traits } = children;
    const foreign = [...childrenOf(blocks), ...childrenOf(traits), ...embeddedTemplates];
    if (parent || foreign.length > 0) {
      this.refuse({ line, column }, 'forbidden_tag', 'A template cannot use other templates.');
    }
  }

  /** All names first and the bodies then, because macros may call macros that follow. */
  declareMacros(tree: TwingTemplateNode): void {
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

  #deeper<Made>(node: Place, make: () => Made): Made {
    if (this.#depth >= this.deepest) throw new NestedTooDeeply(node);
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
