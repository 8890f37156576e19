import type { JsonObject } from '../json.js';

/** What an admin may set of an automation. */
export interface AutomationSettings {
  name: string;
  description: string | null;
  triggers: string[];
  condition: JsonObject | boolean | null;
  template: string | null;
  webhookId: string;
  priority: number;
  enabled: boolean;
}
