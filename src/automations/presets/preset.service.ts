import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { packageRoot } from '../../config/index.js';
import { type Preset, PRESETS } from './presets.js';

/** A preset with its source. */
export type PresetTemplate = Preset & { template: string };

/** The templates that Bugle comes with. They are read once. */
@Injectable()
export class PresetService {
  private readonly presets: readonly PresetTemplate[] = PRESETS.map((preset) => ({
    ...preset,
    template: readFileSync(join(packageRoot, 'templates', preset.file), 'utf8'),
  }));

  list(): readonly PresetTemplate[] {
    return this.presets;
  }
}
