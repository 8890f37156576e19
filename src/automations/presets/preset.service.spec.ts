import { PRESETS } from './presets.js';
import { templatePresetList, toTemplatePresetList } from './preset.dto.js';
import { PresetService } from './preset.service.js';

describe('the presets as they are offered', () => {
  const offered = toTemplatePresetList(new PresetService().list());

  it('are all there, each with its source', () => {
    expect(offered.data.map(({ name }) => name)).toEqual(PRESETS.map(({ name }) => name));
    expect(offered.data.filter(({ template }) => template.length < 50)).toEqual([]);
  });

  it('have the documented shape and nothing else', () => {
    expect(templatePresetList.parse(offered)).toEqual(offered);
  });

  it('have names of their own', () => {
    expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length);
    expect(PRESETS.filter(({ name }) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
  });
});
