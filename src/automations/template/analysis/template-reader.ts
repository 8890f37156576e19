import type { TwingBaseNode, TwingTemplateNode } from 'twing/light';
import type { Fault } from '../../../errors.js';
import { unknownField } from '../../context/unknown-field.js';
import { pathTo } from '../path-to.js';
import { faultAt } from '../faults.js';
import type { Findings } from './findings.js';
import type { KnownNames } from './known-names.js';
import { FORBIDDEN_VARIABLES } from '../library/policy.js';
import { type NodeReader, RULES } from './reading-rules.js';
import { itemOf, type Reading, readingAt, UNKNOWN } from './readings.js';
import type { SourcePlace } from '../place.js';
import { childrenOf, type NodeOf, pairsOf, type SyntaxNode, typed } from '../syntax.js';
import { noField, noVariable } from './unknown-names.js';

/**
 * Goes through the tree of a template as a render would, with what is known of each value in the place of the value,
 * and notes what it reads. Whatever is not certain counts as any value, so that nothing right is warned about.
 */
export class TemplateReader implements NodeReader {
  #guards = 0;

  /** @param placed puts a fault of this Twig in its place in the document */
  constructor(
    private readonly findings: Findings,
    private readonly placed: (fault: Fault) => Fault = (fault) => fault,
  ) {}

  template(tree: TwingTemplateNode, names: KnownNames): void {
    this.read(tree.children.body, names);
    for (const macro of Object.values(tree.children.macros.children)) {
      const parameters = pairsOf(macro.children.arguments).map(({ key, value }) => {
        this.read(value, names);
        const name = key.type === 'constant' ? String(key.attributes.value) : '';
        return [name, { ...UNKNOWN, label: name }] as const;
      });
      this.read(macro.children.body, names.isolated({ own: new Map(parameters) }));
    }
  }

  /** A template that is one `{{ expression }}`. */
  sole(tree: TwingTemplateNode, names: KnownNames): Reading {
    const body = typed(tree.children.body);
    const [only = body] = childrenOf(body);
    const print = body.type === 'print' ? body : only;
    return this.read(print.type === 'print' ? print.children.expression : print, names);
  }

  /** A statement or an expression; what is known of the value of an expression. */
  read(node: TwingBaseNode, names: KnownNames): Reading {
    const reading = this.#follow(typed(node), names);
    this.findings.reads(reading);
    return reading;
  }

  /** Whatever is read in there, the template is ready to find nothing. */
  readGuarded(node: TwingBaseNode, names: KnownNames): Reading {
    this.#guards += 1;
    const reading = this.read(node, names);
    this.#guards -= 1;
    return reading;
  }

  /** Like `read`, but not yet noted: perhaps only a field of it is read. */
  #follow(node: SyntaxNode, names: KnownNames): Reading {
    if (node.type === 'name') return this.#variable(node, names);
    if (node.type === 'attribute_accessor') return this.#access(node, names);
    const rule = RULES.get(node.type);
    if (rule) return rule(node, names, this);
    for (const child of childrenOf(node)) this.read(child, names);
    return UNKNOWN;
  }

  #variable(node: NodeOf<'name'>, names: KnownNames): Reading {
    const { name } = node.attributes;
    const known = names.get(name);
    if (known) return known;
    if (!names.isOpen && !FORBIDDEN_VARIABLES.has(name)) {
      this.#warn(name, node, () => noVariable(name, names));
    }
    return { ...UNKNOWN, label: name };
  }

  #access(node: NodeOf<'attribute_accessor'>, names: KnownNames): Reading {
    const target = this.#follow(typed(node.children.target), names);
    const attribute = typed(node.children.attribute);
    const key = attribute.type === 'constant' ? attribute.attributes.value : undefined;
    if (typeof key === 'string' || typeof key === 'number') {
      // Twing places a field at the dot before it.
      const column = attribute.column + (node.attributes.type === 'any' ? 1 : 0);
      this.#checkField(target, String(key), { line: attribute.line, column });
      return readingAt(target, key);
    }
    this.findings.reads(target);
    this.read(attribute, names);
    return itemOf(target);
  }

  #checkField(target: Reading, key: string, place: SourcePlace): void {
    if (this.findings.isFull) return;
    const unknown = unknownField(target.field, key, this.findings.searches);
    if (!unknown) return;
    this.#warn(pathTo(target.label ?? '', key), place, () => noField(target, key, unknown));
  }

  #warn(name: string, place: SourcePlace, message: () => string): void {
    if (this.#guards > 0) return this.findings.guards(name);
    if (this.findings.isFull) return;
    const warning = faultAt(place, 'unknown_field', message());
    this.findings.missing(name, this.placed(warning));
  }
}
