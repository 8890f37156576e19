import { z } from 'zod';
import { publishInput, typeName } from '../event-bus/index.js';
import { fault, idField, input, jsonObject, pageOf } from '../http/index.js';
import { TEMPLATE_FORMATS } from './automation.js';
import type { Automation } from './automation.entity.js';
import type { PreviewedEvent, PreviewedRule } from './preview.service.js';

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'Unique name.', example: 'Promotions to Discord' });
const description = z.string().max(2000).nullable().meta({ description: 'What it is for.' });
const triggers = z
  .array(z.string())
  .min(1)
  .meta({
    description: 'Event types, or wildcards: `user.*`, `*.created`, `*`.',
    example: ['rankrecord.created'],
  });
const condition = z
  .union([jsonObject, z.boolean()])
  .nullable()
  .meta({
    description: 'JSON Logic over the context (docs/conditions.md); null matches always.',
    example: { '>=': [{ var: 'data.points' }, 100] },
  });
const template = z.string().nullable().meta({
  description: 'In the language of its format; null for the default payload.',
  example: '{"content": "{{ data.name }} was promoted"}',
});
const templateFormat = z.enum(TEMPLATE_FORMATS).meta({
  description:
    '`json-text`: Twig that renders JSON. `json-tree`: a JSON document whose texts are Twig. `text`: Twig that renders any text. `form`: Twig that renders a JSON object, sent as a form.',
});
const contentType = z.string().max(200).nullable().meta({
  description: 'Content type of the body; only with the format `text`.',
  example: 'text/plain; charset=utf-8',
});
const webhookId = idField('a webhook');
const priority = z
  .int()
  .min(-1000)
  .max(1000)
  .meta({ description: 'Lower runs first; ties by id.', example: 0 });
const enabled = z.boolean().meta({ description: 'A disabled automation makes nothing new.' });

export const automationInput = input({
  name,
  description: description.default(null),
  triggers,
  condition: condition.default(null),
  template: template.default(null),
  templateFormat: templateFormat.default('json-text'),
  contentType: contentType.default(null),
  webhookId,
  priority: priority.default(0),
  enabled: enabled.default(true),
}).meta({ id: 'NewAutomation' });

export const automationPatch = input({
  name: name.optional(),
  description: description.optional(),
  triggers: triggers.optional(),
  condition: condition.optional(),
  template: template.optional(),
  templateFormat: templateFormat.optional(),
  contentType: contentType.optional(),
  webhookId: webhookId.optional(),
  priority: priority.optional(),
  enabled: enabled.optional(),
}).meta({ id: 'AutomationPatch' });

const time = (text: string) => z.iso.datetime().meta({ description: text });
const revision = z.int().meta({ description: 'Counts its edits; also the ETag.', example: 1 });

export const definition = z
  .object({
    name,
    description,
    triggers,
    condition,
    template,
    templateFormat,
    contentType,
    webhookId,
    priority,
    enabled,
  })
  .meta({ id: 'AutomationDefinition' });

export const automationView = definition
  .extend({
    id: z.uuid().meta({ description: 'Id of the automation.' }),
    disabledReason: z
      .string()
      .nullable()
      .meta({ description: 'Why Bugle itself disabled it; null otherwise.' }),
    revision,
    createdAt: time('When it was made.'),
    updatedAt: time('When it was last edited.'),
  })
  .meta({ id: 'Automation' });

export const automationPage = pageOf(automationView).meta({ id: 'AutomationPage' });

export const previewInput = input({
  automationId: idField('a stored automation').optional(),
  automation: input({
    triggers: triggers.optional(),
    condition: condition.default(null),
    template: template.default(null),
    templateFormat: templateFormat.default('json-text'),
    contentType: contentType.default(null),
    webhookId: webhookId.optional(),
  })
    .optional()
    .meta({ description: 'An unsaved automation.' }),
  event: publishInput.optional(),
  eventId: idField('a stored event')
    .optional()
    .meta({ description: 'Id of a stored event; needs the scope `read:logs` too.' }),
  eventType: typeName.optional().meta({ description: "Use this type's example." }),
})
  .refine(
    (body) => exactlyOne(body.automationId, body.automation),
    'give either automationId or automation',
  )
  .refine(
    (body) => exactlyOne(body.event, body.eventId, body.eventType),
    'give one of event, eventId, eventType',
  )
  .meta({ id: 'PreviewRequest' });

/** How a condition was decided: one node for each part that was evaluated. */
export const conditionTrace = z
  .object({
    path: z.string().meta({ description: 'Place in the condition.', example: 'and[0].==' }),
    operator: z.string().nullable().meta({ description: 'Null for a constant.' }),
    value: z.json().meta({ description: 'What it gave; long values are cut.' }),
    decisive: z.boolean().meta({ description: 'Whether it decided the whole.' }),
    get operands() {
      return z
        .array(conditionTrace)
        .meta({ description: 'What was evaluated for it, in order; what was not is not there.' });
    },
    item: z.int().optional().meta({ description: 'In a loop: for which item, from 0.' }),
    omitted: z
      .int()
      .optional()
      .meta({ description: 'How many further operands or turns of a loop are not shown.' }),
  })
  .meta({ id: 'ConditionTrace' });

export const previewView = z
  .object({
    matched: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether it would fire; null when it cannot be evaluated.' }),
    trace: conditionTrace
      .nullable()
      .meta({ description: 'How the condition was decided; null without a condition.' }),
    request: z
      .object({
        method: z.enum(['GET', 'POST']).meta({ description: 'As the webhook says.' }),
        url: z.string().nullable().meta({ description: 'Null while the draft names no webhook.' }),
        headers: z.record(z.string(), z.string()).meta({
          description: 'All that would be sent; signatures and secret values show as ***.',
        }),
        body: z.string().meta({ description: 'Byte for byte; empty with GET.' }),
      })
      .nullable()
      .meta({ description: 'What would be sent.' }),
    problems: z.array(fault).meta({ description: 'What is wrong, each with its place.' }),
  })
  .meta({ id: 'Preview' });

/** The two halves of a preview; the schema has made sure that each is given once. */
export function toPreviewed(body: z.infer<typeof previewInput>): {
  rule: PreviewedRule;
  event: PreviewedEvent;
} {
  const { automationId = '', automation, event, eventId, eventType = '' } = body;
  const chosen = event ? { event } : eventId ? { eventId } : { eventType };
  return { rule: automation ?? { automationId }, event: chosen };
}

export function toAutomationView(automation: Automation): z.infer<typeof automationView> {
  const { workspaceId: _, strikes: __, createdAt, updatedAt, ...shown } = automation;
  return { ...shown, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

function exactlyOne(...values: unknown[]): boolean {
  return values.filter((value) => value !== undefined).length === 1;
}
