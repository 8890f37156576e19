import type { Fault } from '../../../errors.js';
import type { JsonValue } from '../../../json.js';
import { type Field, fieldAt } from '../../context/field.js';
import { Searches } from '../../context/unknown-field.js';
import { DEFAULT_CONDITION_LIMITS } from '../condition-limits.js';
import { eventScope, type FieldScope, itemScope, lookUp, recordScope } from './field-scope.js';
import { joinPath } from '../join-path.js';
import { type Operator, OPERATORS } from '../operators/index.js';
import { operationOf } from '../../operation.js';

/** What a condition reads, and what is probably wrong with it though it can be stored. */
interface ConditionAnalysis {
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
  const reader = new ConditionReader(fields);
  const open: OpenPart[] = [{ value: condition, path: '', scope: eventScope(fields) }];
  for (let seen = 0; seen < DEFAULT_CONDITION_LIMITS.nodes; seen += 1) {
    const part = open.pop();
    if (part === undefined) break;
    open.push(...reader.look(part).toReversed());
  }
  const { variables, warnings } = reader;
  return { variables: [...variables].toSorted(), warnings: warnings.slice(0, MAX_WARNINGS) };
}

/** A part of the condition that is still to be looked at. */
interface OpenPart {
  value: unknown;
  path: string;
  scope: FieldScope;
  /** A text here is the name of a variable, as in `missing`. */
  isName?: boolean;
}

/** An operator with its arguments; the path of the part is the operator's. */
interface ReadOperation extends OpenPart {
  name: string;
  operator: Operator | undefined;
  args: OpenPart[];
}

class ConditionReader {
  readonly variables = new Set<string>();
  readonly warnings: Fault[] = [];
  readonly #searches = new Searches();

  constructor(private readonly fields: Field) {}

  /** Takes down what one part reads, and gives the parts below it. */
  look(part: OpenPart): OpenPart[] {
    const { value, isName } = part;
    if (typeof value === 'string' && isName) this.#read(value, part.scope, part.path);
    if (Array.isArray(value)) return partsOf(value, part);
    const operation = readOperation(part);
    return operation ? this.#lookInto(operation) : [];
  }

  #lookInto(operation: ReadOperation): OpenPart[] {
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

  #lookIntoVar({ args, path, scope }: ReadOperation): OpenPart[] {
    const [variable, ...rest] = args;
    this.#read(constantPath(variable), scope, path);
    return rest;
  }

  #lookIntoFields({ args, path }: ReadOperation, which: 'first' | 'all'): OpenPart[] {
    const count = which === 'all' ? args.length : 1;
    const scope = recordScope(fieldAt(this.fields, 'data'));
    if (count === 0) this.variables.add('changes');
    for (const arg of args.slice(0, count)) this.#read(constantPath(arg), scope, path);
    return args.slice(count);
  }

  #lookIntoLoop({ args, path }: ReadOperation, loopsOver: 'items' | 'accumulation'): OpenPart[] {
    const [list, body, ...rest] = args;
    if (list === undefined || body === undefined) return args;
    const { field, name } = listAt(list, this.#searches);
    if (field && field.type !== 'list' && field.type !== 'any') {
      const message = `"${name}" is no list, so this loop finds nothing.`;
      this.warnings.push({ path, code: 'not_a_list', message });
    }
    return [list, { ...body, scope: itemScope(field, { name, loopsOver }) }, ...rest];
  }

  #read(variable: string | undefined, scope: FieldScope, path: string): void {
    if (variable === undefined) return;
    const { problem } = lookUp(variable, scope, this.#searches);
    if (problem !== undefined)
      this.warnings.push({ path, code: 'unknown_field', message: problem });
    if (!scope.isItem) this.variables.add([scope.root, variable].filter(Boolean).join('.'));
  }
}

function readOperation(part: OpenPart): ReadOperation | undefined {
  const { value, scope } = part;
  const operation = operationOf(value);
  if (operation === undefined) return undefined;
  const { name, args: given, isShort } = operation;
  const path = joinPath(part.path, name);
  const args = isShort
    ? given.map((only) => ({ value: only, path, scope }))
    : partsOf(given, { value, path, scope });
  return { ...part, path, name, operator: OPERATORS.get(name), args };
}

function partsOf(values: readonly unknown[], { path, scope, isName }: OpenPart): OpenPart[] {
  return values.map((value, index) => ({ value, path: `${path}[${index}]`, scope, isName }));
}

/** Undefined for a path that is computed. */
function constantPath(part: OpenPart | undefined): string | undefined {
  const { value = null } = part ?? {};
  if (value === null) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** What is known of the list that a loop runs over: of a variable, or of a variable that was filtered. */
function listAt(part: OpenPart, searches: Searches): { field?: Field; name?: string } {
  const operation = readOperation(part);
  const [first] = operation?.args ?? [];
  if (operation?.name === 'filter' && first !== undefined) return listAt(first, searches);
  const name = operation?.name === 'var' ? constantPath(first) : undefined;
  return name === undefined ? {} : { name, field: lookUp(name, part.scope, searches).field };
}
