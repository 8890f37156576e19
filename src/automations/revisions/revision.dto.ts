import { z } from 'zod';
import { input, jsonValue, pageOf } from '../../http/index.js';
import { definition } from '../automation.dto.js';
import type { AutomationRevision } from './automation-revision.entity.js';
import type { FieldChange } from './revision-diff.js';

const MAX_REVISION = 2 ** 31 - 1;
const number = z.int().meta({ description: 'Number of the revision, from 1.', example: 3 });

/** A revision's number in a path. */
export const revisionParameter = z.coerce
  .number({ error: 'expected the number of a revision: 1, 2, 3, …' })
  .int()
  .min(1)
  .max(MAX_REVISION)
  .meta({ description: 'Number of a revision, from 1.', example: 3 });

export const revisionView = z
  .object({
    revision: number,
    definition: definition
      .nullable()
      .meta({ description: 'The automation as this edit left it; null when it deleted it.' }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why, where it was a roll-back or was done by Bugle itself.' }),
    editedBy: z
      .uuid()
      .nullable()
      .meta({ description: 'Id of the API key that made the edit; null for Bugle itself.' }),
    editedAt: z.iso.datetime().meta({ description: 'When.' }),
  })
  .meta({ id: 'AutomationRevision' });

export const revisionPage = pageOf(revisionView).meta({ id: 'AutomationRevisionPage' });

export const rollbackInput = input({
  revision: z
    .int()
    .min(1)
    .max(MAX_REVISION)
    .meta({ description: 'The revision to go back to.', example: 3 }),
}).meta({ id: 'Rollback' });

const value = (description: string) => jsonValue.meta({ description });

const place = z.object({
  path: z.string().meta({ description: 'Where in the condition.', example: 'condition.and[0]' }),
  from: value('What was there; missing where it was added.').optional(),
  to: value('What is there now; missing where it was removed.').optional(),
});

const change = z
  .object({
    field: z.string().meta({ description: 'Field of the automation.', example: 'condition' }),
    from: value('Its value at the first revision; null where there was no automation.'),
    to: value('Its value at the second revision; null where there is no automation.'),
    places: z
      .array(place)
      .optional()
      .meta({ description: 'With `condition`: the outermost places that differ, 100 at most.' }),
    lines: z
      .string()
      .optional()
      .meta({ description: 'With `template`: the lines that differ, in unified form.' }),
  })
  .meta({ id: 'AutomationChange' });

export const diffView = z
  .object({
    from: number,
    to: number,
    changes: z.array(change).meta({ description: 'The fields that differ.' }),
  })
  .meta({ id: 'AutomationDiff' });

export function toRevisionView(edit: AutomationRevision): z.infer<typeof revisionView> {
  const { revision, definition: settings, reason, editedBy, editedAt } = edit;
  return { revision, definition: settings, reason, editedBy, editedAt: editedAt.toISOString() };
}

export function toDiffView(
  range: { from: number; to: number },
  changes: FieldChange[],
): z.infer<typeof diffView> {
  return { ...range, changes };
}
