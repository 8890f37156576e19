import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import type { Fault } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import { nearestName } from '../nearest-name.js';

const MAX_BYTES = 32 * 1024;
/** Compiling takes about half a millisecond for each. */
const MAX_SUBSCHEMAS = 200;

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
  const faults = keywordFaults(schema, '');
  if (faults.length > 0) return faults;
  if (countSubschemas(schema) > MAX_SUBSCHEMAS) {
    const message = `has more than ${MAX_SUBSCHEMAS} schemas in it`;
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

/** Compiles a schema that checkSchema has found good. */
export function compileDataCheck(schema: JsonObject): DataCheck {
  const validate = compile(schema);
  return (data) => (validate(data) ? [] : (validate.errors ?? []).map(toFault));
}

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
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 0;
  return Object.entries(schema).reduce((count, [keyword, value]) => {
    if (SINGLE.includes(keyword)) return count + countSubschemas(value);
    const holds = LISTS.includes(keyword) || MAPS.includes(keyword);
    if (!holds || typeof value !== 'object' || value === null) return count;
    return Object.values(value).reduce<number>((sum, item) => sum + countSubschemas(item), count);
  }, 1);
}

function keywordFaults(schema: JsonValue | undefined, path: string): Fault[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const here = path ? `${path}.${keyword}` : keyword;
    if (!KEYWORDS.includes(keyword)) return [unsupported(keyword, here)];
    if (keyword === 'format' && !FORMATS.some((format) => format === value)) {
      return [unsupportedFormat(here)];
    }
    if (SINGLE.includes(keyword)) return keywordFaults(value, here);
    if (LISTS.includes(keyword) && Array.isArray(value)) {
      return value.flatMap((item, index) => keywordFaults(item, `${here}[${index}]`));
    }
    if (MAPS.includes(keyword) && typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([name, item]) =>
        keywordFaults(item, `${here}.${name}`),
      );
    }
    return [];
  });
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
