import type { TwingBaseNode } from 'twing/light';
import { childrenOf, declaredName, type SyntaxNode, typed } from '../syntax.js';

/** By body of a loop: loops in loops would go through the innermost once for each of them. */
const assigned = new WeakMap<TwingBaseNode, ReadonlySet<string>>();

/** The names that a body of a loop sets, in loops inside of it too. */
export function assignedIn(body: TwingBaseNode): ReadonlySet<string> {
  const known = assigned.get(body);
  if (known) return known;
  const found = new Set<string>();
  collectAssigned(typed(body), found);
  assigned.set(body, found);
  return found;
}

function collectAssigned(node: SyntaxNode, found: Set<string>): void {
  if (node.type === 'set') {
    for (const target of childrenOf(node.children.names)) found.add(declaredName(target));
  }
  if (node.type === 'for') for (const name of assignedIn(node.children.body)) found.add(name);
  else for (const child of childrenOf(node)) collectAssigned(child, found);
}
