import type { Fault } from '../../errors.js';
import { type ConditionLimits, DEFAULT_CONDITION_LIMITS } from './condition-limits.js';
import { type Operator, OPERATORS, unknownOperator, wrongCount } from './operators.js';
import {
  checkVariablePath,
  EVENT_SCOPE,
  ITEM_SCOPE,
  REDUCE_SCOPE,
  type Scope,
} from './variables.js';

/** More faults than this help nobody and make an answer as large as the bad input. */
const MAX_FAULTS = 20;

/** A part of the condition that is still to be looked at. */
interface Node {
  value: unknown;
  path: string;
  depth: number;
  loops: number;
  scope: Scope;
}

/** What one node is found to be: its own faults, and the parts below it. */
interface Finding {
  faults?: Fault[];
  children?: Node[];
}

/** An operator with its arguments, as it stands in the condition. */
interface Operation {
  name: string;
  operator: Operator;
  args: readonly unknown[];
  /** `{"!": x}` is short for `{"!": [x]}`; paths then have no index. */
  isShort: boolean;
  node: Node;
}

/**
 * Says all that is wrong with a condition before it is stored; an empty list means that it can be
 * evaluated. Paths are relative to the condition, such as `and[0].=`.
 *
 * Works through a list of open nodes instead of recursion, so no input can overflow the stack.
 */
export function checkCondition(
  condition: unknown,
  limits: ConditionLimits = DEFAULT_CONDITION_LIMITS,
): Fault[] {
  if (!isObject(condition) && typeof condition !== 'boolean') return [notACondition()];
  const faults: Fault[] = [];
  const open: Node[] = [{ value: condition, path: '', depth: 1, loops: 0, scope: EVENT_SCOPE }];
  let nodes = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    nodes += 1;
    if (nodes > limits.nodes) return [...faults, tooManyNodes(limits)];
    const found = checkNode(node, limits);
    faults.push(...(found.faults ?? []));
    if (faults.length >= MAX_FAULTS) return faults.slice(0, MAX_FAULTS);
    open.push(...(found.children ?? []).toReversed());
  }
  return faults.length > 0 ? faults : checkSize(condition, limits);
}

function checkNode(node: Node, limits: ConditionLimits): Finding {
  const { value } = node;
  if (typeof value === 'string') return checkText(value, node, limits);
  if (!Array.isArray(value) && !isObject(value)) return checkConstant(value, node);
  if (node.depth > limits.depth) {
    return refuse(node, 'too_deep', `Conditions can be nested ${limits.depth} deep at most.`);
  }
  return Array.isArray(value) ? checkList(value, node, limits) : checkObject(value, node, limits);
}

function checkText(text: string, node: Node, limits: ConditionLimits): Finding {
  if (text.length <= limits.characters) return {};
  return refuse(node, 'text_too_long', `A text can have ${limits.characters} characters at most.`);
}

function checkConstant(value: unknown, node: Node): Finding {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return {};
  return refuse(node, 'not_json', 'Only JSON values can stand in a condition.');
}

function checkList(list: unknown[], node: Node, limits: ConditionLimits): Finding {
  if (list.length > limits.items) {
    return refuse(node, 'list_too_long', `A list can have ${limits.items} items at most.`);
  }
  return { children: list.map((value, index) => below(node, value, `${node.path}[${index}]`)) };
}

function checkObject(value: object, node: Node, limits: ConditionLimits): Finding {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) {
    const count = entry === undefined ? 0 : others.length + 1;
    const message = `An object must have one key, the operator; this one has ${count}. Combine conditions with "and" or "or".`;
    return refuse(node, 'not_an_operation', message);
  }
  const [name, given] = entry;
  const inside = { ...node, path: join(node.path, name) };
  const operator = OPERATORS.get(name);
  if (operator === undefined) return refuse(inside, 'unknown_operator', unknownOperator(name));
  const args: unknown[] = Array.isArray(given) ? given : [given];
  return checkOperation(
    { name, operator, args, isShort: !Array.isArray(given), node: inside },
    limits,
  );
}

function checkOperation(operation: Operation, limits: ConditionLimits): Finding {
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
  if (operator.loopsOver !== undefined) return checkLoop(operation, limits);
  return { children: args.map((_, index) => argument(operation, index)) };
}

/** The path must be a constant, so that a reader, an index and this check all know what is read. */
function checkVar(operation: Operation): Finding {
  const { args, node } = operation;
  const [path = '', ...fallback] = args;
  const children = fallback.map((_, index) => argument(operation, index + 1));
  if (path === null) return { children };
  if (typeof path !== 'string' && typeof path !== 'number') {
    const message = 'The path of "var" must be a constant text such as "data.rank.name".';
    return { children, faults: [{ path: node.path, code: 'dynamic_path', message }] };
  }
  const fault = checkVariablePath(String(path), node.path, node.scope);
  return { children, faults: fault && [fault] };
}

/** Names may be computed here (`{"missing": {"merge": …}}` is usual); evaluation reads own keys only. */
function checkMissing(operation: Operation): Finding {
  const { args, node } = operation;
  const children = args.map((_, index) => argument(operation, index));
  const names = args.flat().filter((name) => typeof name === 'string');
  const faults = names
    .map((name) => checkVariablePath(name, node.path, node.scope))
    .filter((fault) => fault !== undefined);
  return { children, faults };
}

function checkLoop(operation: Operation, limits: ConditionLimits): Finding {
  const { args, node, operator } = operation;
  const loops = node.loops + 1;
  if (loops > limits.loops) {
    const message = `Loops can stand inside of each other ${limits.loops} deep at most.`;
    return refuse(node, 'too_many_loops', message);
  }
  const scope = operator.loopsOver === 'accumulation' ? REDUCE_SCOPE : ITEM_SCOPE;
  const children = args.map((_, index) => {
    const child = argument(operation, index);
    return index === 1 ? { ...child, loops, scope } : child;
  });
  return { children };
}

/** Size is measured last: only what is known to be shallow JSON can be made text of safely. */
function checkSize(condition: unknown, limits: ConditionLimits): Fault[] {
  const bytes = Buffer.byteLength(JSON.stringify(condition));
  if (bytes <= limits.bytes) return [];
  const message = `The condition has ${bytes} bytes as JSON; ${limits.bytes} are allowed.`;
  return [{ path: '', code: 'condition_too_large', message }];
}

function argument(operation: Operation, index: number): Node {
  const { node, args, isShort } = operation;
  return below(node, args[index], isShort ? node.path : `${node.path}[${index}]`);
}

function below(node: Node, value: unknown, path: string): Node {
  return { ...node, value, path, depth: node.depth + 1 };
}

function refuse(node: Node, code: string, message: string): Finding {
  return { faults: [{ path: node.path, code, message }] };
}

function notACondition(): Fault {
  const message =
    'A condition is an object with one operator, such as {"==": [{"var": "data.status"}, "active"]}.';
  return { path: '', code: 'not_a_condition', message };
}

function tooManyNodes(limits: ConditionLimits): Fault {
  const message = `The condition has more than ${limits.nodes} operators and constants.`;
  return { path: '', code: 'too_many_nodes', message };
}

function join(path: string, name: string): string {
  const key = name.slice(0, 40);
  return path === '' ? key : `${path}.${key}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
