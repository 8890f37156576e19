import type { Fault } from '../../../errors.js';
import { isJsonObject } from '../../../json.js';
import type { Operation } from '../../operation.js';
import type { ConditionLimits } from '../condition-limits.js';
import { type Operator, wrongCount } from '../operators/index.js';
import {
  checkSegments,
  checkVariablePath,
  ITEM_SCOPE,
  REDUCE_SCOPE,
  type Scope,
} from './variables.js';

/** A part of the condition that is still to be looked at. */
export interface CheckedNode {
  value: unknown;
  path: string;
  depth: number;
  loops: number;
  scope: Scope;
}

/** What one node is found to be: its own faults, and the parts below it. */
export interface Finding {
  faults?: Fault[];
  children?: CheckedNode[];
}

/** An operator with its arguments, where it stands in the condition. */
interface CheckedOperation extends Operation<unknown> {
  operator: Operator;
  /** Its path is the operator's. */
  node: CheckedNode;
}

/** Whether an operator is used rightly: the number of its arguments, its paths, its constants, its loops. */
export function checkOperation(operation: CheckedOperation, limits: ConditionLimits): Finding {
  const { name, operator, args, node } = operation;
  if (args.length > limits.items) {
    const message = `An operator can have ${limits.items} arguments at most.`;
    return refuse(node, 'list_too_long', message);
  }
  if (args.length < operator.min || args.length > operator.max) {
    return refuse(node, 'wrong_argument_count', wrongCount(name, operator, args.length));
  }
  if (name === 'var') return checkVar(operation);
  if (name === 'missing' || name === 'missing_some') return checkMissing(operation);
  if (operator.fields !== undefined) return checkFields(operation, operator.fields);
  if (operator.loopsOver !== undefined) return checkLoop(operation, limits);
  return { children: argumentsOf(operation), faults: checkConstants(operation) };
}

/** The path must be a constant, so that a reader, an index and this check all know what is read. */
function checkVar(operation: CheckedOperation): Finding {
  const { args, node } = operation;
  const children = argumentsOf(operation).slice(1);
  const { path, fault } = constantPath(operation, args[0], '"data.rank.name"');
  const wrong = fault ?? checkVariablePath(path, node.path, node.scope);
  return { children, faults: wrong && [wrong] };
}

/** Fields of the record: their paths begin within `data`, in loops too. */
function checkFields(operation: CheckedOperation, which: 'first' | 'all'): Finding {
  const { args, node } = operation;
  const count = which === 'first' ? 1 : args.length;
  const faults = args.slice(0, count).flatMap((arg) => {
    const { path, fault } = constantPath(operation, arg, '"unit.name", a field of data');
    return fault ?? checkSegments(path, node.path) ?? [];
  });
  return { children: argumentsOf(operation).slice(count), faults };
}

function constantPath(
  { name, node }: CheckedOperation,
  path: unknown,
  example: string,
): { path: string; fault?: Fault } {
  if (typeof path === 'string' || typeof path === 'number') return { path: String(path) };
  if (path === null || path === undefined) return { path: '' };
  const message = `The path of "${name}" must be a constant text such as ${example}.`;
  return { path: '', fault: { path: node.path, code: 'dynamic_path', message } };
}

/** Names may be computed here (`{"missing": {"merge": …}}` is usual); evaluation reads own keys only. */
function checkMissing(operation: CheckedOperation): Finding {
  const { args, node } = operation;
  const names = args.flat().filter((name) => typeof name === 'string');
  const faults = names.flatMap((name) => checkVariablePath(name, node.path, node.scope) ?? []);
  return { children: argumentsOf(operation), faults };
}

function checkLoop(operation: CheckedOperation, limits: ConditionLimits): Finding {
  const { node, operator } = operation;
  const loops = node.loops + 1;
  if (loops > limits.loops) {
    const message = `Loops can stand inside of each other ${limits.loops} deep at most.`;
    return refuse(node, 'too_many_loops', message);
  }
  const scope = operator.loopsOver === 'accumulation' ? REDUCE_SCOPE : ITEM_SCOPE;
  const children = argumentsOf(operation).map((child, index) =>
    index === 1 ? { ...child, loops, scope } : child,
  );
  return { children };
}

function checkConstants(operation: CheckedOperation): Fault[] {
  const { constants = [] } = operation.operator;
  return argumentsOf(operation).flatMap(({ value, path }, index) => {
    const problem = isJsonObject(value) ? undefined : constants[index]?.(value);
    return problem === undefined ? [] : [{ path, ...problem }];
  });
}

function argumentsOf({ args, isShort, node }: CheckedOperation): CheckedNode[] {
  return args.map((arg, index) => below(node, arg, isShort ? node.path : `${node.path}[${index}]`));
}

/** A part of a node. */
export function below(node: CheckedNode, value: unknown, path: string): CheckedNode {
  return { ...node, value, path, depth: node.depth + 1 };
}

/** One fault for a node, and no look at what is below it. */
export function refuse(node: CheckedNode, code: string, message: string): Finding {
  return { faults: [{ path: node.path, code, message }] };
}
