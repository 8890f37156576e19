import { z } from 'zod';
import { input, pageOf, timeField } from '../http/index.js';
import { isTimeZone, spellingOfZone } from '../time-zones.js';
import type { ApiKey } from './api-key.entity.js';
import { SCOPES } from './scopes.js';
import type { Workspace } from './workspace.entity.js';

const workspaceName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'Unique name.', example: 'Acme' });
const keyName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'What the key is for.', example: 'billing service' });
const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .meta({
    description: 'What the key may do; `admin` includes everything.',
    example: ['publish:events'],
  });
const acceptUnknownTypes = z.boolean().meta({
  description: 'Accept events of any well-formed type, also those outside of the catalogue.',
  example: false,
});

const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is not an IANA time zone such as Europe/Berlin')
  .overwrite(spellingOfZone)
  .meta({
    description: 'Time zone of its dates in conditions and templates (IANA name).',
    example: 'Europe/Berlin',
  });

export const workspaceInput = input({
  name: workspaceName,
  acceptUnknownTypes: acceptUnknownTypes.optional(),
  timeZone: timeZone.optional(),
}).meta({ id: 'NewWorkspace' });
export const workspacePatch = input({
  name: workspaceName.optional(),
  acceptUnknownTypes: acceptUnknownTypes.optional(),
  timeZone: timeZone.optional(),
}).meta({ id: 'WorkspacePatch' });
export const apiKeyInput = input({
  name: keyName,
  scopes,
  expiresAt: timeField
    .refine((at) => Date.parse(at) > Date.now(), 'lies in the past')
    .nullish()
    .meta({ description: 'When the key ends by itself; null for never.' }),
}).meta({ id: 'NewApiKey' });
export const apiKeyPatch = input({ name: keyName }).meta({ id: 'ApiKeyPatch' });

const time = (description: string) => z.iso.datetime().meta({ description });

export const workspaceView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the workspace.' }),
    name: workspaceName,
    acceptUnknownTypes,
    timeZone,
    createdAt: time('When it was made.'),
    updatedAt: time('When it was last edited.'),
  })
  .meta({ id: 'Workspace' });

export const apiKeyView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the key.' }),
    name: keyName,
    hint: z
      .string()
      .meta({ description: 'The last four characters of the key.', example: '…x7Qa' }),
    scopes,
    createdAt: time('When it was made.'),
    expiresAt: time('When it ends by itself.').nullable(),
    revokedAt: time('When it was revoked.').nullable(),
    lastUsedAt: time('When it was last used, to the half minute.').nullable(),
  })
  .meta({ id: 'ApiKey' });

export const newApiKeyView = apiKeyView
  .extend({
    key: z.string().meta({ description: 'The key itself. Shown this once.', example: 'bugle_…' }),
  })
  .meta({ id: 'ApiKeyWithSecret' });

export const newWorkspaceView = workspaceView
  .extend({ adminKey: z.string().meta({ description: 'Its first admin key. Shown this once.' }) })
  .meta({ id: 'WorkspaceWithKey' });

export const workspacePage = pageOf(workspaceView).meta({ id: 'WorkspacePage' });
export const apiKeyPage = pageOf(apiKeyView).meta({ id: 'ApiKeyPage' });

export function toWorkspaceView(workspace: Workspace): z.infer<typeof workspaceView> {
  return {
    id: workspace.id,
    name: workspace.name,
    acceptUnknownTypes: workspace.acceptUnknownTypes,
    timeZone: workspace.timeZone,
    createdAt: workspace.createdAt.toISOString(),
    updatedAt: workspace.updatedAt.toISOString(),
  };
}

export function toApiKeyView(key: ApiKey): z.infer<typeof apiKeyView> {
  return {
    id: key.id,
    name: key.name,
    hint: key.hint,
    scopes: key.scopes,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}
