import {
  createArrayNode,
  createBaseConditionalNode,
  createConstantNode,
  createIsNotEqualToNode,
  createNode,
  createNotNode,
  createOperator,
  createSource,
  createSynchronousArrayLoader,
  createSynchronousEnvironment,
  createSynchronousTest,
  createTemplateNode,
  createTestNode,
  type TwingNodeVisitor,
  type TwingSynchronousEnvironment,
  type TwingTemplateNode,
} from 'twing/light';
import type { Fault } from '../../../errors.js';
import { wholeFault, syntaxFault } from '../faults.js';
import type { TemplateLimits } from '../limits.js';
import { TESTS } from '../library/policy.js';
import { typed } from '../syntax.js';
import { checkTags } from './tag-check.js';

type MakeNode = Parameters<typeof createOperator>[3];

export type Parsed = { ok: true; tree: TwingTemplateNode } | { ok: false; faults: Fault[] };

/** Twing's lexer takes time in the square of a run of white space. */
const MAX_BLANKS = 100;

/** Source to Twing's syntax tree. Never throws. */
export function parse(source: string, limits: TemplateLimits): Parsed {
  const refusal = refuseSource(source, limits);
  if (refusal) return { ok: false, faults: [refusal] };
  try {
    return (shared ??= new Parser()).parse(source, limits);
  } catch (error) {
    // Twing's parser keeps what it held of a template that it could not parse: begin anew, or it grows for ever.
    shared = undefined;
    return { ok: false, faults: [syntaxFault(error)] };
  }
}

function refuseSource(source: string, limits: TemplateLimits): Fault | undefined {
  if (Buffer.byteLength(source) > limits.source) {
    return wholeFault('template_too_large', `The template is larger than ${limits.source} bytes.`);
  }
  if (!hasLongBlank(source)) return undefined;
  const message = `The template has more than ${MAX_BLANKS} blanks in a row.`;
  return wholeFault('template_too_large', message);
}

/** Each run is looked at once: a pattern that counts would begin anew at every blank. */
function hasLongBlank(source: string): boolean {
  return source.split(/\S+/).some((blanks) => blanks.length > MAX_BLANKS);
}

/** One environment for all templates (each costs about 100 KiB). It lexes and parses; it never renders. */
let shared: Parser | undefined;

class Parser {
  readonly #environment = createEnvironment();
  #tree: TwingTemplateNode | undefined;

  constructor() {
    this.#environment.addNodeVisitor(this.#treeKeeper());
  }

  parse(source: string, limits: TemplateLimits): Parsed {
    const stream = this.#environment.tokenize(createSource('template', source));
    const faults = checkTags(stream, limits);
    if (faults.length > 0) return { ok: false, faults };
    const rewritten = this.#environment.parse(stream);
    const tree = this.#tree ?? rewritten;
    this.#tree = undefined;
    return { ok: true, tree };
  }

  /**
   * Keeps the tree as it was parsed and hands Twing's own passes an empty one: they rewrite `default` and `defined`
   * for Twing's interpreter, which is not used, and take exponential time on nested ones.
   */
  #treeKeeper(): TwingNodeVisitor {
    return {
      enterNode: (entered) => {
        const node = typed(entered);
        if (node.type !== 'template') return entered;
        this.#tree = node;
        return emptyTemplate(node);
      },
      leaveNode: (node) => node,
    };
  }
}

function createEnvironment(): TwingSynchronousEnvironment {
  const environment = createSynchronousEnvironment(createSynchronousArrayLoader({}), {
    // Not strict: unknown names pass the parser, and the static check reports all of them with our suggestions.
    parserOptions: { strict: false, level: 3 },
  });
  environment.addOperator(createOperator('??', 'BINARY', 300, coalesce, 'RIGHT'));
  // Twig has these, and Twing does not.
  environment.addOperator(createOperator('xor', 'BINARY', 12, exclusiveOr));
  environment.addOperator(createOperator('===', 'BINARY', 20, sameAs));
  environment.addOperator(
    createOperator('!==', 'BINARY', 20, (operands, line, column) =>
      createNotNode(sameAs(operands, line, column), line, column),
    ),
  );
  for (const name of TESTS.keys()) {
    environment.addTest(createSynchronousTest(name, () => false, []));
  }
  return environment;
}

/** Left and right once each: Twing's own node repeats the left side three times, which grows without bound. */
const coalesce: MakeNode = ([left, right], line, column) =>
  createBaseConditionalNode(
    'nullish_coalescing',
    left,
    createConstantNode(null, line, column),
    right,
    line,
    column,
  );

/** One of both, by truth. */
const exclusiveOr: MakeNode = ([left, right], line, column) =>
  createIsNotEqualToNode(
    [createNotNode(left, line, column), createNotNode(right, line, column)],
    line,
    column,
  );

const sameAs: MakeNode = ([left, right], line, column) =>
  createTestNode(left, 'same as', createArrayNode([{ value: right }], line, column), line, column);

function emptyTemplate({ attributes }: TwingTemplateNode): TwingTemplateNode {
  return createTemplateNode(none(), null, none(), none(), none(), [], attributes.source, 1, 1);
}

function none(): ReturnType<typeof createNode<Record<string, never>>> {
  return createNode({});
}
