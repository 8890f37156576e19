import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/index.js';

const operations = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
/** In calls that write a line which is worth a look, and in the names of a FailureLog. */
const LOUD = /\.(?:warn|error|fatal)\([^;]*?'([a-z_]+\.[a-z_]+)'/g;
const FAILURE = /\b(?:failed|restored): '([a-z_]+\.[a-z_]+)'/g;

const names = new Set(
  sources().flatMap((text) => [...namesIn(text, LOUD), ...namesIn(text, FAILURE)]),
);

describe('docs/operations.md', () => {
  it('is asked about what there is', () => {
    expect(names).toContain('delivery.settle_delayed');
    expect(names).toContain('http.database_away');
    expect(names.size).toBeGreaterThan(40);
  });

  it.each([...names])('has %s', (name) => {
    expect(operations).toContain(`\`${name}\``);
  });
});

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

function sources(): string[] {
  const folder = join(packageRoot, 'src');
  const files = readdirSync(folder, { withFileTypes: true, recursive: true });
  return files
    .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
}
