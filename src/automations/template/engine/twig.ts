import type { TwingTemplateNode } from 'twing/light';
import type { Evaluate, Execute, MadeOrFaults } from './compilation.js';
import { type CompiledTree, compileSoleExpression, compileTree } from './compiler.js';
import { syntaxFault } from '../faults.js';
import type { TemplateLimits } from '../limits.js';
import { parse } from '../parsing/parser.js';

/** A text inside a document. One that is exactly one `{{ expression }}` is the value of it, and keeps its type. */
export type CompiledText =
  | { readonly kind: 'value'; readonly evaluate: Evaluate }
  | { readonly kind: 'text'; readonly execute: Execute };

/** Compiles a source that is Twig as a whole. Never throws. */
export function compileTwig(source: string, limits: TemplateLimits): MadeOrFaults<Execute> {
  return fromTree(source, limits, (tree) => compileTree(tree, limits.depth));
}

/** Compiles a text inside a document. Never throws. */
export function compileText(source: string, limits: TemplateLimits): MadeOrFaults<CompiledText> {
  return fromTree<CompiledText>(source, limits, (tree) => {
    const sole = compileSoleExpression(tree, limits.depth);
    if (sole) return { ...sole, made: { kind: 'value', evaluate: sole.made } };
    const { made, faults } = compileTree(tree, limits.depth);
    return { made: { kind: 'text', execute: made }, faults };
  });
}

function fromTree<Made>(
  source: string,
  limits: TemplateLimits,
  compile: (tree: TwingTemplateNode) => CompiledTree<Made>,
): MadeOrFaults<Made> {
  const parsed = parse(source, limits);
  if (!parsed.ok) return parsed;
  try {
    const { made, faults } = compile(parsed.tree);
    return faults.length > 0 ? { ok: false, faults: [...faults] } : { ok: true, made };
  } catch (error) {
    return { ok: false, faults: [syntaxFault(error)] };
  }
}
