import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import { type Fault, MAX_FAULTS } from '../errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { nearestName } from '../nearest-name.js';
import { isTooCostly, schemaWeight } from './data-cost.js';

const MAX_BYTES = 32 * 1024;
/** Compiling takes about half a millisecond for each. */
const MAX_SUBSCHEMAS = 200;
/** Values of one `enum`; fields of one list in `dependentRequired`: compiling 1,500 of these takes two seconds. */
const MAX_LISTED = 200;
/** Keywords, names and values of one schema. */
const MAX_WEIGHT = 2_000;
/** Steps of one check: the costliest of them, of alternatives that fail, take about 20 ms. */
const MAX_STEPS = 50_000;

/**
 * The JSON Schema keywords that an event type may use. Left out on purpose, because one workspace's schema must not
 * be able to stall the server for the others: references (cost without bound), patterns (regular expressions that
 * backtrack for ever) and `uniqueItems` (quadratic).
 */
const SINGLE = [
  'additionalProperties',
  'items',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const MAPS = ['properties', 'dependentSchemas'];
const PLAIN = (
  '$schema $id $comment title description default examples deprecated type enum const format required ' +
  'dependentRequired multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength ' +
  'minItems maxItems minContains maxContains minProperties maxProperties'
).split(' ');
const FORMATS: FormatName[] = ['date', 'time', 'date-time', 'uri', 'email', 'uuid', 'ipv4'];
const KEYWORDS = [...SINGLE, ...LISTS, ...MAPS, ...PLAIN];

/** Checks an event's `data`. Answers the faults, each with its path in the event. */
export type DataCheck = (data: JsonObject) => Fault[];

/** Faults of a JSON Schema that somebody wants to give to an event type. */
export function checkSchema(schema: JsonObject): Fault[] {
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_BYTES) {
    return [
      { path: '', code: 'schema_too_large', message: `is larger than ${MAX_BYTES / 1024} KiB` },
    ];
  }
  const faults = firstFaults(keywordFaults(schema, ''));
  if (faults.length > 0) return faults;
  if (countSubschemas(schema) > MAX_SUBSCHEMAS) {
    const message = `has more than ${MAX_SUBSCHEMAS} schemas in it`;
    return [{ path: '', code: 'schema_too_large', message }];
  }
  if (schemaWeight(schema) > MAX_WEIGHT) {
    const message = `has more than ${MAX_WEIGHT} keywords, names and values in it`;
    return [{ path: '', code: 'schema_too_large', message }];
  }
  try {
    compile(schema);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    return [{ path: '', code: 'invalid_schema', message: `is not a valid JSON Schema: ${reason}` }];
  }
}

/** Compiles a schema that checkSchema has found good, now or when its limits were others. */
export function compileDataCheck(schema: JsonObject): DataCheck {
  const validate = compile(schema);
  return (data) => {
    if (isTooCostly(schema, data, MAX_STEPS)) return [TOO_COSTLY];
    return validate(data) ? [] : (validate.errors ?? []).map(toFault);
  };
}

const TOO_COSTLY: Fault = {
  path: 'data',
  code: 'data_too_costly',
  message: `takes more than ${MAX_STEPS} steps to check against the schema of this event type; make the data smaller, or the schema simpler`,
};

function compile(schema: JsonObject): ValidateFunction {
  // One instance per schema: schemas of two workspaces may carry the same $id.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    validateFormats: true,
    addUsedSchema: false,
    logger: false,
  });
  addFormats.default(ajv, { mode: 'fast', formats: FORMATS });
  return ajv.compile(schema);
}

/** Objects below the keywords that hold schemas; those of `properties` count as one each. */
function countSubschemas(schema: JsonValue | undefined): number {
  if (!isJsonObject(schema)) return 0;
  const parts = Object.entries(schema).flatMap(([keyword, value]) => schemasOf(keyword, value));
  return parts.reduce((count, [, part]) => count + countSubschemas(part), 1);
}

/** Looking for the keyword that was meant takes time: nobody reads more than the first faults. */
function firstFaults(faults: Iterator<Fault>): Fault[] {
  const first: Fault[] = [];
  for (let next = faults.next(); !next.done && first.length < MAX_FAULTS; next = faults.next()) {
    first.push(next.value);
  }
  return first;
}

function* keywordFaults(schema: JsonValue | undefined, path: string): Generator<Fault> {
  if (!isJsonObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    const here = path ? `${path}.${keyword}` : keyword;
    if (!KEYWORDS.includes(keyword)) yield unsupported(keyword, here);
    if (keyword === 'format' && !FORMATS.some((format) => format === value)) {
      yield unsupportedFormat(here);
    }
    for (const [place, list] of boundedLists(keyword, value)) {
      if (list.length > MAX_LISTED) yield tooLong(here + place);
    }
    for (const [place, item] of schemasOf(keyword, value)) {
      yield* keywordFaults(item, here + place);
    }
  }
}

/** The lists of a keyword that may not be long, each with its place below the keyword. */
function boundedLists(keyword: string, value: JsonValue): [place: string, list: JsonValue[]][] {
  if (keyword === 'enum' && Array.isArray(value)) return [['', value]];
  if (keyword !== 'dependentRequired' || !isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, list]) =>
    Array.isArray(list) ? [[`.${name}`, list]] : [],
  );
}

/** The schemas that a keyword holds, each with its place below the keyword. */
function schemasOf(keyword: string, value: JsonValue): [place: string, schema: JsonValue][] {
  if (SINGLE.includes(keyword)) return [['', value]];
  if (LISTS.includes(keyword) && Array.isArray(value)) {
    return value.map((item, index) => [`[${index}]`, item]);
  }
  if (!MAPS.includes(keyword) || !isJsonObject(value)) return [];
  return Object.entries(value).map(([name, item]) => [`.${name}`, item]);
}

function unsupported(keyword: string, path: string): Fault {
  const near = nearestName(keyword, KEYWORDS);
  const hint = near ? `; did you mean "${near}"?` : '';
  return {
    path,
    code: 'unsupported_keyword',
    message: `the keyword "${keyword}" is not supported here${hint}`,
  };
}

function tooLong(path: string): Fault {
  const message = `lists more than the ${MAX_LISTED} that are allowed`;
  return { path, code: 'schema_too_large', message };
}

/** Ignoring it, as the standard allows, would let an admin believe that it is checked. */
function unsupportedFormat(path: string): Fault {
  const message = `is not supported here; there are ${FORMATS.join(', ')}`;
  return { path, code: 'unsupported_format', message };
}

function toFault(error: ErrorObject): Fault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (joined, part) => (/^\d+$/.test(part) ? `${joined}[${part}]` : `${joined}.${part}`),
      'data',
    );
  const missing = error.keyword === 'required' ? `.${String(error.params.missingProperty)}` : '';
  const message = missing
    ? 'is required by the schema of this event type'
    : (error.message ?? 'is not valid');
  return { path: `${path}${missing}`, code: 'schema_violation', message };
}
