import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../../src/config/index.js';
import { rowsOf } from './markdown.js';

const files = ['README.md', 'CONTRIBUTING.md', ...documentsIn('docs')];

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(packageRoot, file), 'utf8');

  it('links to files that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^https?:/.test(link));
    const missing = local.filter((link) => !existsSync(join(packageRoot, dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it('names files that are there', () => {
    const paths = [...text.matchAll(/`((?:src|test|scripts|templates|examples|docs)\/[\w./-]+)`/g)];
    const missing = paths.map((match) => match[1] ?? '').filter((path) => !isThere(path));
    expect(missing).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const rows = rowsOf(readFileSync(join(packageRoot, 'docs', 'architecture.md'), 'utf8'));
  const steps = rows.filter(({ step }) => step).map(({ file = '', names = '' }) => [file, names]);

  it('tells the way of an event', () => {
    expect(steps.length).toBeGreaterThan(10);
  });

  it.each(steps)('%s has %s', (file, names) => {
    const source = readFileSync(join(packageRoot, file.replaceAll('`', '')), 'utf8');
    const missing = [...names.matchAll(/`(\w+)`/g)].filter(
      ([, name]) => !new RegExp(`\\b${name}\\b`).test(source),
    );
    expect(missing).toEqual([]);
  });
});

function isThere(path: string): boolean {
  return existsSync(join(packageRoot, path));
}

function documentsIn(folder: string): string[] {
  const entries = readdirSync(join(packageRoot, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter(({ name }) => name.endsWith('.md'))
    .map(({ parentPath, name }) => relative(packageRoot, join(parentPath, name)));
}
