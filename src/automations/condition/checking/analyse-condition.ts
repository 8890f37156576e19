import type { Fault } from '../../../errors.js';
import type { JsonValue } from '../../../json.js';
import { type Field, fieldAt } from '../../context/field.js';
import { DEFAULT_CONDITION_LIMITS } from '../condition-limits.js';
import { eventScope, type FieldScope, itemScope, lookUp, recordScope } from './field-scope.js';
import { joinPath } from '../join-path.js';
import { type Operator, OPERATORS } from '../operators/index.js';

/** What a condition reads, and what is probably wrong with it though it can be stored. */
export interface ConditionAnalysis {
  /** Paths of the context, sorted, each once: `data.rank`; '' when all of it is read. Those of loop items are left out. */
  variables: string[];
  /** In the order of the text; 20 at most. */
  warnings: Fault[];
}

const MAX_WARNINGS = 20;

/**
 * Compares a condition that has no faults with the fields of its context. Never throws; of a condition that is too
 * large to have passed the check, only the beginning is looked at.
 */
export function analyseCondition(condition: JsonValue, fields: Field): ConditionAnalysis {
  const reader = new Reader(fields);
  const open: Part[] = [{ value: condition, path: '', scope: eventScope(fields) }];
  for (let seen = 0; seen < DEFAULT_CONDITION_LIMITS.nodes; seen += 1) {
    const part = open.pop();
    if (part === undefined) break;
    open.push(...reader.look(part).toReversed());
  }
  const { variables, warnings } = reader;
  return { variables: [...variables].toSorted(), warnings: warnings.slice(0, MAX_WARNINGS) };
}

/** A part of the condition that is still to be looked at. */
interface Part {
  value: unknown;
  path: string;
  scope: FieldScope;
  /** A text here is the name of a variable, as in `missing`. */
  isName?: boolean;
}

/** An operator with its arguments; the path of the part is the operator's. */
interface Operation extends Part {
  name: string;
  operator: Operator | undefined;
  args: Part[];
}

class Reader {
  readonly variables = new Set<string>();
  readonly warnings: Fault[] = [];

  constructor(private readonly fields: Field) {}

  /** Takes down what one part reads, and gives the parts below it. */
  look(part: Part): Part[] {
    const { value, isName } = part;
    if (typeof value === 'string' && isName) this.#read(value, part.scope, part.path);
    if (Array.isArray(value)) return partsOf(value, part);
    const operation = operationOf(part);
    return operation ? this.#lookInto(operation) : [];
  }

  #lookInto(operation: Operation): Part[] {
    const { name, operator, args } = operation;
    if (name === 'var') return this.#lookIntoVar(operation);
    if (name === 'missing') return args.map((arg) => ({ ...arg, isName: true }));
    if (name === 'missing_some') return args.map((arg, i) => ({ ...arg, isName: i === 1 }));
    if (operator?.fields !== undefined) return this.#lookIntoFields(operation, operator.fields);
    if (operator?.loopsOver !== undefined) return this.#lookIntoLoop(operation, operator.loopsOver);
    // The names of `missing` may come out of these two.
    const isName = operation.isName && (name === 'merge' || name === 'if');
    return args.map((arg) => ({ ...arg, isName }));
  }

  #lookIntoVar({ args, path, scope }: Operation): Part[] {
    const [variable, ...rest] = args;
    this.#read(constantPath(variable), scope, path);
    return rest;
  }

  #lookIntoFields({ args, path }: Operation, which: 'first' | 'all'): Part[] {
    const count = which === 'all' ? args.length : 1;
    const scope = recordScope(fieldAt(this.fields, 'data'));
    if (count === 0) this.variables.add('changes');
    for (const arg of args.slice(0, count)) this.#read(constantPath(arg), scope, path);
    return args.slice(count);
  }

  #lookIntoLoop({ args, path }: Operation, loopsOver: 'items' | 'accumulation'): Part[] {
    const [list, body, ...rest] = args;
    if (list === undefined || body === undefined) return args;
    const { field, name } = listAt(list);
    if (field && field.type !== 'list' && field.type !== 'any') {
      const message = `"${name}" is no list, so this loop finds nothing.`;
      this.warnings.push({ path, code: 'not_a_list', message });
    }
    return [list, { ...body, scope: itemScope(field, { name, loopsOver }) }, ...rest];
  }

  #read(variable: string | undefined, scope: FieldScope, path: string): void {
    if (variable === undefined) return;
    const { problem } = lookUp(variable, scope);
    if (problem !== undefined)
      this.warnings.push({ path, code: 'unknown_field', message: problem });
    if (!scope.isItem) this.variables.add([scope.root, variable].filter(Boolean).join('.'));
  }
}

function operationOf(part: Part): Operation | undefined {
  const { value, scope } = part;
  if (typeof value !== 'object' || value === null) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, given] = entry;
  const path = joinPath(part.path, name);
  const args = Array.isArray(given)
    ? partsOf(given, { value, path, scope })
    : [{ value: given, path, scope }];
  return { ...part, path, name, operator: OPERATORS.get(name), args };
}

function partsOf(values: readonly unknown[], { path, scope, isName }: Part): Part[] {
  return values.map((value, index) => ({ value, path: `${path}[${index}]`, scope, isName }));
}

/** Undefined for a path that is computed. */
function constantPath(part: Part | undefined): string | undefined {
  const { value = null } = part ?? {};
  if (value === null) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** What is known of the list that a loop runs over: of a variable, or of a variable that was filtered. */
function listAt(part: Part): { field?: Field; name?: string } {
  const operation = operationOf(part);
  const [first] = operation?.args ?? [];
  if (operation?.name === 'filter' && first !== undefined) return listAt(first);
  const name = operation?.name === 'var' ? constantPath(first) : undefined;
  return name === undefined ? {} : { name, field: lookUp(name, part.scope).field };
}
