import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParsedFile } from './parsed-file.js';

describe('ParsedFile', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bugle-file-'));
    path = join(folder, 'file');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is parsed once as long as it stays as it is', async () => {
    await writeFile(path, 'a');
    const file = new ParsedFile(path, (text) => ({ text }));
    const first = await file.read();
    expect(first).toEqual({ text: 'a' });
    expect(await file.read()).toBe(first);
  });

  it('is read anew when it was written, or another one took its place', async () => {
    await writeFile(path, 'a');
    const file = new ParsedFile(path, (text) => text);
    expect(await file.read()).toBe('a');
    await writeFile(path, 'ab');
    expect(await file.read()).toBe('ab');
    await writeFile(`${path}.new`, 'cd');
    await rename(`${path}.new`, path);
    expect(await file.read()).toBe('cd');
  });

  it('counts as empty while it is not there', async () => {
    const file = new ParsedFile(path, (text) => text);
    expect(await file.read()).toBe('');
    await writeFile(path, 'a');
    expect(await file.read()).toBe('a');
    await rm(path);
    expect(await file.read()).toBe('');
  });
});
