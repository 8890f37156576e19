import type { TwingBaseNode, TwingExpressionNode, TwingNode } from 'twing/light';

type ListNode = TwingBaseNode<null>;

/** Every node that Twing's parser can make, told apart by `type`. */
export type SyntaxNode = TwingNode | TwingExpressionNode | ListNode;

/** One node kind of the tree. */
export type NodeOf<Type extends SyntaxNode['type']> = Extract<SyntaxNode, { type: Type }>;

/** Twing types the children of a node as base nodes; this gives them back their kind. */
export function typed(node: TwingBaseNode): SyntaxNode {
  return node as SyntaxNode;
}

/** Whether a node is of a kind. */
export function isKind<Type extends SyntaxNode['type']>(
  node: SyntaxNode,
  type: Type,
): node is NodeOf<Type> {
  return node.type === type;
}

/** Children in order; the parser keeps them in an object with the keys 0, 1, 2, … */
export function childrenOf(node: TwingBaseNode): SyntaxNode[] {
  return Object.values<TwingBaseNode>(node.children).map(typed);
}

/** Key and value nodes of an argument list, a list or an object literal. */
export function pairsOf(node: TwingBaseNode): { key: SyntaxNode; value: SyntaxNode }[] {
  const flat = childrenOf(node);
  return flat.flatMap((key, index) => {
    const value = flat[index + 1];
    return index % 2 === 0 && value ? [{ key, value }] : [];
  });
}

/** The name an assignment, arrow parameter or loop target declares. */
export function declaredName(node: TwingBaseNode): string {
  const target = typed(node);
  return target.type === 'assignment' || target.type === 'name' ? target.attributes.name : '';
}
