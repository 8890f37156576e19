import { type Fault, MAX_FAULTS } from '../../../errors.js';
import { isJsonObject } from '../../../json.js';
import {
  below,
  checkOperation,
  type Finding,
  type CheckedNode,
  refuse,
} from './check-operation.js';
import { type ConditionLimits, DEFAULT_CONDITION_LIMITS } from '../condition-limits.js';
import { joinPath } from '../join-path.js';
import { operationOf } from '../../operation.js';
import { OPERATORS, unknownOperator } from '../operators/index.js';
import { EVENT_SCOPE } from './variables.js';

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
  if (!isJsonObject(condition) && typeof condition !== 'boolean') return [notACondition()];
  const faults: Fault[] = [];
  const open: CheckedNode[] = [
    { value: condition, path: '', depth: 1, loops: 0, scope: EVENT_SCOPE },
  ];
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

function checkNode(node: CheckedNode, limits: ConditionLimits): Finding {
  const { value } = node;
  if (typeof value === 'string') return checkText(value, node, limits);
  if (!Array.isArray(value) && !isJsonObject(value)) return checkConstant(value, node);
  if (node.depth > limits.depth) {
    return refuse(node, 'too_deep', `Conditions can be nested ${limits.depth} deep at most.`);
  }
  return Array.isArray(value) ? checkList(value, node, limits) : checkObject(value, node, limits);
}

function checkText(text: string, node: CheckedNode, limits: ConditionLimits): Finding {
  if (text.length <= limits.characters) return {};
  return refuse(node, 'text_too_long', `A text can have ${limits.characters} characters at most.`);
}

function checkConstant(value: unknown, node: CheckedNode): Finding {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return {};
  return refuse(node, 'not_json', 'Only JSON values can stand in a condition.');
}

function checkList(list: unknown[], node: CheckedNode, limits: ConditionLimits): Finding {
  if (list.length > limits.items) {
    return refuse(node, 'list_too_long', `A list can have ${limits.items} items at most.`);
  }
  return { children: list.map((value, index) => below(node, value, `${node.path}[${index}]`)) };
}

function checkObject(value: object, node: CheckedNode, limits: ConditionLimits): Finding {
  const operation = operationOf(value);
  if (operation === undefined) {
    const count = Object.keys(value).length;
    const message = `An object must have one key, the operator; this one has ${count}. Combine conditions with "and" or "or".`;
    return refuse(node, 'not_an_operation', message);
  }
  const { name } = operation;
  const inside = { ...node, path: joinPath(node.path, name) };
  const operator = OPERATORS.get(name);
  if (operator === undefined) return refuse(inside, 'unknown_operator', unknownOperator(name));
  return checkOperation({ ...operation, operator, node: inside }, limits);
}

/** Size is measured last: only what is known to be shallow JSON can be made text of safely. */
function checkSize(condition: unknown, limits: ConditionLimits): Fault[] {
  const bytes = Buffer.byteLength(JSON.stringify(condition));
  if (bytes <= limits.bytes) return [];
  const message = `The condition has ${bytes} bytes as JSON; ${limits.bytes} are allowed.`;
  return [{ path: '', code: 'condition_too_large', message }];
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
