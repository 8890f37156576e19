import { readFile, stat } from 'node:fs/promises';

/** A file that others change under us, as `/etc/hosts`: read anew only when it has changed; not there, it is empty. */
export class ParsedFile<Parsed> {
  private seen?: { mark: string; parsed: Parsed };

  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => Parsed,
  ) {}

  async read(): Promise<Parsed> {
    const mark = await markOf(this.path);
    if (this.seen?.mark === mark) return this.seen.parsed;
    const parsed = this.parse(await textOf(this.path));
    this.seen = { mark, parsed };
    return parsed;
  }
}

async function markOf(path: string): Promise<string> {
  const file = await stat(path).catch(() => undefined);
  return file ? [file.dev, file.ino, file.size, file.mtimeMs].join(' ') : '';
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
