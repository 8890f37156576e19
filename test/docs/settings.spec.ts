import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfig, packageRoot, SETTINGS } from '../../src/config/index.js';

const file = join(packageRoot, '.env.example');
const lines = readFileSync(file, 'utf8').split('\n');
const shown = parseEnv(lines.join('\n'));
const names = Object.keys(SETTINGS);

describe('.env.example', () => {
  it('names every setting and no other', () => {
    expect(Object.keys(shown).toSorted()).toEqual(names.toSorted());
  });

  it('copied as it is changes nothing', () => {
    expect(loadConfig({}, file)).toEqual(loadConfig({}, join(packageRoot, 'no-such-file')));
  });

  it.each(Object.entries(SETTINGS))('shows the default of %s', (name, schema) => {
    const hasDefault = schema.parse(undefined) !== undefined;
    expect(shown[name] !== '').toBe(hasDefault);
  });

  it.each(names)('explains %s', (name) => {
    const at = lines.findIndex((line) => line.startsWith(`${name}=`));
    expect(lines[at - 1]).toMatch(/^# \S.*\.$/);
  });
});
