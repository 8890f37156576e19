import { z } from 'zod';
import { fault, idField, input, jsonObject, pageOf } from '../http/index.js';
import { TEMPLATE_FORMATS } from './automation.js';
import type { Automation } from './automation.entity.js';
import { type DraftInput, EMPTY_DRAFT } from './draft.js';

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
  condition: condition.default(EMPTY_DRAFT.condition),
  template: template.default(EMPTY_DRAFT.template),
  templateFormat: templateFormat.default(EMPTY_DRAFT.templateFormat),
  contentType: contentType.default(EMPTY_DRAFT.contentType),
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

/** What can be tried without being stored: docs/explain.md. */
export const draftFields = {
  automationId: idField('a stored automation').optional(),
  automation: input(
    automationPatch.pick({
      triggers: true,
      condition: true,
      template: true,
      templateFormat: true,
      contentType: true,
      webhookId: true,
    }).shape,
  )
    .optional()
    .meta({
      description: 'An unsaved automation; with `automationId` only what the edit changes.',
    }),
};

/** For the schemas that have {@link draftFields}. */
export const saysDraft = ({ automation, automationId }: DraftInput): boolean =>
  automation !== undefined || automationId !== undefined;
export const SAY_DRAFT = 'give automation, automationId or both';

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

export const savedAutomation = automationView
  .extend({
    warnings: z
      .array(fault)
      .meta({ description: 'What is doubtful about it: fields that no event has, for example.' }),
  })
  .meta({ id: 'SavedAutomation' });

export const automationPage = pageOf(automationView).meta({ id: 'AutomationPage' });

export function toAutomationView(automation: Automation): z.infer<typeof automationView> {
  const { workspaceId: _, strikes: __, createdAt, updatedAt, ...shown } = automation;
  return { ...shown, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
