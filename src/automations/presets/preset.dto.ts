import { z } from 'zod';
import { TEMPLATE_FORMATS } from '../automation.js';
import type { PresetTemplate } from './preset.service.js';

const templatePreset = z
  .object({
    name: z.string().meta({ description: 'Unique name.', example: 'slack' }),
    title: z.string().meta({ description: 'For people.', example: 'Slack' }),
    description: z.string().meta({ description: 'What it sends.' }),
    templateFormat: z.enum(TEMPLATE_FORMATS).meta({ description: 'How it is written.' }),
    method: z.enum(['GET', 'POST']).meta({ description: 'The method that the webhook needs.' }),
    template: z.string().meta({ description: 'Its source, to be copied and changed.' }),
    docsUrl: z.string().nullable().meta({ description: 'What the receiver takes.' }),
    targetHint: z.string().meta({ description: 'Which URL the webhook needs.' }),
  })
  .meta({ id: 'TemplatePreset' });

export const templatePresetList = z
  .object({ data: z.array(templatePreset).meta({ description: 'Every preset.' }) })
  .meta({ id: 'TemplatePresets' });

export function toTemplatePresetList(
  presets: readonly PresetTemplate[],
): z.infer<typeof templatePresetList> {
  const data = presets.map((preset) => {
    const { file: _, ...shown } = preset;
    return shown;
  });
  return { data };
}
