import { z } from 'zod';
import { typeName } from '../../event-bus/index.js';
import { fault, input, jsonValue } from '../../http/index.js';
import { automationInput } from '../automation.dto.js';
import type { FiringTypes, RuleContext } from './check.service.js';
import type { Field } from '../context/field.js';

const { triggers, templateFormat, contentType } = automationInput.shape;

/** What fires the rule: it decides which fields there are. */
const firedBy = {
  triggers: triggers.optional(),
  eventType: typeName.optional().meta({ description: 'One event type, in place of triggers.' }),
};
const oneAtMost = (body: { triggers?: unknown; eventType?: unknown }) =>
  body.triggers === undefined || body.eventType === undefined;
const ONE_AT_MOST = 'give triggers or eventType, not both';

export const templateCheckInput = input({
  template: z.string().meta({ description: 'Source.', example: '{"text": "{{ data.nmae }}"}' }),
  templateFormat,
  contentType,
  ...firedBy,
})
  .refine(oneAtMost, ONE_AT_MOST)
  .meta({ id: 'TemplateCheckRequest' });

export const conditionCheckInput = input({
  condition: jsonValue
    .refine((condition) => condition !== undefined, 'is missing')
    .meta({ description: 'JSON Logic.', example: { '==': [{ var: 'data.nmae' }, 'Ada'] } }),
  ...firedBy,
})
  .refine(oneAtMost, ONE_AT_MOST)
  .meta({ id: 'ConditionCheckRequest' });

export const checkView = z
  .object({
    valid: z.boolean().meta({ description: 'Whether it can be saved: it has no faults.' }),
    faults: z.array(fault).meta({ description: 'What is wrong, each with its place.' }),
    warnings: z.array(fault).meta({
      description: 'What is doubtful, each with its place; it does not keep anybody from saving.',
    }),
    variables: z.array(z.string()).meta({
      description: 'Paths that are read, sorted; [] stands for any item of a list.',
      example: ['data.members[].rank', 'data.user.name'],
    }),
  })
  .meta({ id: 'Check' });

// Typed by hand: a getter of a recursive shape has no type of its own.
const field: z.ZodType<Field> = z
  .object({
    type: z.enum(['text', 'number', 'boolean', 'time', 'list', 'object', 'any']).meta({
      description: '`any`: not known, or several. Every value may be null.',
    }),
    description: z.string().optional().meta({ description: 'What it is, in a sentence.' }),
    example: jsonValue.optional().meta({ description: 'A value it may have.' }),
    get fields() {
      return z
        .record(z.string(), field)
        .optional()
        .meta({ description: 'Of an object: its fields by name.' });
    },
    get items() {
      return field.optional().meta({ description: 'Of a list: what each item is.' });
    },
    open: z.boolean().meta({ description: 'May have further fields that are not listed.' }),
  })
  .meta({ id: 'ContextField' });

const help = z
  .object({
    name: z.string().meta({ description: 'Name.', example: 'upper' }),
    signature: z.string().meta({ description: 'How it is written.', example: 'value|upper' }),
    help: z.string().meta({ description: 'What it does, in a line.' }),
    example: jsonValue.meta({ description: 'A use of it.', example: 'data.name|upper' }),
  })
  .meta({ id: 'LanguageHelp' });
const helpList = (what: string) => z.array(help).meta({ description: what });

export const contextView = z
  .object({
    eventType: typeName,
    fields: field.meta({ description: 'What conditions and templates can read, as a tree.' }),
    tags: helpList('Tags of templates.'),
    filters: helpList('Filters of templates.'),
    functions: helpList('Functions of templates.'),
    tests: helpList('Tests of templates, after `is`.'),
    templateOperators: helpList('Operators of templates.'),
    conditionOperators: helpList('Operators of conditions.'),
  })
  .meta({ id: 'RuleContext' });

/** What a check is told of the events; undefined when nothing is. */
export function toFiringTypes(body: {
  triggers?: string[];
  eventType?: string;
}): FiringTypes | undefined {
  if (body.triggers) return { triggers: body.triggers };
  return body.eventType === undefined ? undefined : { eventType: body.eventType };
}

export function toContextView(
  eventType: string,
  { fields, help: known }: RuleContext,
): z.infer<typeof contextView> {
  const { tags, filters, functions, tests, operators } = known.template;
  return {
    eventType,
    fields,
    tags: [...tags],
    filters: [...filters],
    functions: [...functions],
    tests: [...tests],
    templateOperators: [...operators],
    conditionOperators: [...known.conditionOperators],
  };
}
