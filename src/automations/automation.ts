import type { JsonObject } from '../json.js';

/** How a template's source is read, and what it makes. docs/template-formats.md tells them apart. */
export const TEMPLATE_FORMATS = ['json-text', 'json-tree', 'text', 'form'] as const;

export type TemplateFormat = (typeof TEMPLATE_FORMATS)[number];

/** What an admin may set of an automation. */
export interface AutomationSettings {
  name: string;
  description: string | null;
  triggers: string[];
  condition: JsonObject | boolean | null;
  template: string | null;
  templateFormat: TemplateFormat;
  /** Of the body, with the format `text` only. */
  contentType: string | null;
  webhookId: string;
  priority: number;
  enabled: boolean;
}

/** The settings alone, of whatever has more. */
export function settingsOf(automation: AutomationSettings): AutomationSettings {
  const { name, description, triggers, condition, template, webhookId, priority, enabled } =
    automation;
  const { templateFormat, contentType } = automation;
  const payload = { template, templateFormat, contentType };
  return { name, description, triggers, condition, ...payload, webhookId, priority, enabled };
}
