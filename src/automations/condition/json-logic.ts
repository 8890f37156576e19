import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { begin, enter, leave } from './current-evaluation.js';
import { OPERATORS } from './operators/index.js';
import type { Recorder } from './tracing/recorder.js';
import { TracedNode } from './tracing/traced-node.js';

/**
 * json-logic-js evaluates; this file makes that safe for conditions that strangers write.
 *
 * Why instances of our own: the library is one global object. Changing its operators would change
 * them for a host application that uses it too, and the host could put `log` back. So its source is
 * compiled once more, privately.
 *
 * Why it can be bounded: the library recurses through its public `apply`, so a wrapped `apply` sees
 * each node that is evaluated and each value it gives. Both are charged to a budget of steps. Since
 * an operator only works on values that were charged before, no comparison, text join or list
 * doubling can cost more than what was paid for.
 */
interface JsonLogic {
  apply: Apply;
  truthy: (value: unknown) => boolean;
  add_operation: (
    name: string,
    operation: (this: unknown, ...values: unknown[]) => unknown,
  ) => void;
  rm_operation: (name: string) => void;
}

type Apply = (rule: unknown, data: unknown) => unknown;

const plain = createInstance();
plain.apply = bounded(plain.apply);

/** A second instance, so that evaluating without a trace costs nothing more. */
const tracing = createInstance();
const evaluateTraced = tracing.apply;

/**
 * The value that json-logic-js gives for the rule, reading own keys of the data only.
 *
 * @param data a Context or any JSON value
 * @param maxSteps how much work is allowed, in evaluated nodes
 * @throws StepsExceeded when that is not enough; TypeError or RangeError as the rule provokes them
 */
export function applyLogic(rule: unknown, data: unknown, maxSteps: number): unknown {
  begin(data, maxSteps);
  return plain.apply(rule, data);
}

/** The same value of the recorder's root, for the same steps; the recorder is told of every part that is evaluated. */
export function applyLogicTraced(
  data: unknown,
  { recorder, maxSteps }: { recorder: Recorder; maxSteps: number },
): unknown {
  begin(data, maxSteps);
  tracing.apply = bounded((node, scope) => {
    if (!(node instanceof TracedNode)) return evaluateTraced(node, scope);
    recorder.open(node);
    const value = evaluateTraced(node.rule, scope);
    recorder.close(value);
    return value;
  });
  return tracing.apply(recorder.root.node, data);
}

/** JSON Logic's own idea of true: an empty list is false, the text "0" is true. */
export function isTruthy(value: unknown): boolean {
  return plain.truthy(value);
}

function bounded(evaluateNode: Apply): Apply {
  return (rule, data) => {
    enter();
    // Most nodes are constants, which the library would only hand back.
    const value = isPlain(rule) ? rule : evaluateNode(rule, data);
    leave(value);
    return value;
  };
}

function isPlain(rule: unknown): boolean {
  return typeof rule !== 'object' || rule === null;
}

function createInstance(): JsonLogic {
  const logic = loadPrivateInstance();
  for (const [name, { run }] of OPERATORS) {
    if (run === undefined) continue;
    logic.add_operation(name, function (...values) {
      return run(values, this);
    });
  }
  logic.rm_operation('log');
  return logic;
}

function loadPrivateInstance(): JsonLogic {
  const file = createRequire(import.meta.url).resolve('json-logic-js');
  const module: { exports?: JsonLogic } = {};
  const parameters = ['module', 'exports', 'define'];
  compileFunction(readFileSync(file, 'utf8'), parameters, { filename: file })(module, {});
  if (module.exports === undefined) throw new Error('json-logic-js did not export itself');
  return module.exports;
}
