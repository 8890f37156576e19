import type { StoredEvent } from '../../event-bus/index.js';
import type { Rule } from '../rules/rule.js';
import type { ThreadSettings, Trial } from './messages.js';

export const threadSettings: ThreadSettings = {
  maxTemplateBytes: 32_768,
  maxBodyBytes: 278_528,
  maxConditionBytes: 16_384,
  cacheBytes: 16 * 1024 * 1024,
};

export const NOW = '2026-11-21T20:00:00.000Z';

export const event: StoredEvent = {
  id: 'e',
  workspaceId: 's',
  type: 'user.created',
  sourceId: null,
  data: { id: 7, name: 'Ada "Lady" Lovelace', points: 120 },
  changes: { points: { old: 90, new: 120 } },
  actor: { id: 1 },
  occurredAt: '2026-11-21T19:00:00.000Z',
  createdAt: '2026-11-21T19:00:01.000Z',
  targetWebhookId: null,
};

const rule: Rule = {
  id: 'a',
  automation: { id: 'a', name: 'Promotions' },
  webhook: { id: 'w', name: 'CRM', method: 'POST' },
  workspaceId: 's',
  revision: 1,
  triggers: ['*'],
  condition: null,
  template: '{}',
  templateFormat: 'json-text',
  contentType: null,
  priority: 0,
};

/** A trial of a rule that differs in this from one that renders `{}` for every event. */
export function trialOf(differences: Partial<Rule> = {}, trial: Partial<Trial> = {}): Trial {
  return {
    rule: { ...rule, ...differences },
    event,
    workspace: { id: 's', name: 'Acme', timeZone: 'UTC' },
    now: NOW,
    deliveryId: 'd',
    ...trial,
  };
}
