import type { JsonValue } from '../json.js';
import type { AutomationSettings, TemplateFormat } from './automation.js';

/** The parts of an automation that can be wrong by themselves. */
export interface Draft {
  triggers?: readonly string[];
  condition: JsonValue;
  template: string | null;
  templateFormat: TemplateFormat;
  contentType: string | null;
  webhookId?: string;
}

/** What an automation says when nothing is said: it fires always, with the default payload. */
export const EMPTY_DRAFT = {
  condition: null,
  template: null,
  templateFormat: 'json-text',
  contentType: null,
} as const satisfies Draft;

/** What somebody wants to try: an automation that is not stored, a stored one, or an edit of it. */
export interface DraftInput {
  /** What is left out is as the stored automation has it, or else as in {@link EMPTY_DRAFT}. */
  automation?: Partial<Draft>;
  automationId?: string;
}

/** A draft with all that was left out, and the stored automation that it would edit. */
export interface CompleteDraft extends Draft {
  stored: { id: string; name: string } | null;
}

/** What a draft says when it is an edit of this automation, or of none. */
export function completeDraft(
  { automation }: DraftInput,
  stored: (AutomationSettings & { id: string }) | undefined,
): CompleteDraft {
  if (!stored) return { ...EMPTY_DRAFT, ...automation, stored: null };
  const { id, name, triggers, condition, template, templateFormat, contentType, webhookId } =
    stored;
  const was = { triggers, condition, template, templateFormat, contentType, webhookId };
  return { ...was, ...automation, stored: { id, name } };
}
