import type { TwingTemplateNode } from 'twing/light';
import type { Compiled, Evaluate, Execute } from './compilation.js';
import { type CompiledTree, compileSoleExpression, compileTree, EnoughFaults } from './compiler.js';
import { syntaxFault } from '../faults.js';
import type { TemplateLimits } from '../limits.js';
import { parse } from '../parsing/parser.js';

/** A text inside a document. One that is exactly one `{{ expression }}` is the value of it, and keeps its type. */
export type CompiledText =
  | { readonly kind: 'value'; readonly evaluate: Evaluate }
  | { readonly kind: 'text'; readonly execute: Execute };

/** Compiles a source that is Twig as a whole. Never throws. */
export function compileTwig(source: string, limits: TemplateLimits): Compiled<Execute> {
  return fromTree(source, limits, (tree) => compileTree(tree, limits.depth));
}

/** Compiles a text inside a document. Never throws. */
export function compileText(source: string, limits: TemplateLimits): Compiled<CompiledText> {
  return fromTree<CompiledText>(source, limits, (tree) => {
    const sole = compileSoleExpression(tree, limits.depth);
    if (sole) return { ...sole, made: { kind: 'value', evaluate: sole.made } };
    const whole = compileTree(tree, limits.depth);
    return { ...whole, made: { kind: 'text', execute: whole.made } };
  });
}

function fromTree<Made>(
  source: string,
  limits: TemplateLimits,
  compile: (tree: TwingTemplateNode) => CompiledTree<Made>,
): Compiled<Made> {
  const parsed = parse(source, limits);
  if (!parsed.ok) return parsed;
  try {
    const { made, faults, bytes } = compile(parsed.tree);
    return faults.length > 0 ? { ok: false, faults: [...faults] } : { ok: true, made, bytes };
  } catch (error) {
    if (error instanceof EnoughFaults) return { ok: false, faults: [...error.faults] };
    return { ok: false, faults: [syntaxFault(error)] };
  }
}
