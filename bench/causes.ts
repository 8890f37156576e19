/** Where a function is, as a CPU profile tells it. */
export interface Place {
  functionName: string;
  /** Empty for what is not JavaScript. */
  url: string;
}

/**
 * The first pattern that fits `<url> <function>` names the cause. JSON.parse, JSON.stringify and the like have no
 * entry of their own in a profile: their time is their caller's.
 */
const CAUSES: readonly [cause: string, pattern: RegExp][] = [
  ['garbage collection', /^ \(garbage collector\)$/],
  ['system calls: writing to sockets and files', /^ write(v|Buffer|\w*String)?$/],
  [
    'crypto',
    /^node:internal\/crypto|^ (update|digest|Hmac|Hash|init|HashJob|RandomBytesJob|getCachedHash)$/,
  ],
  ['not JavaScript, no name', /^ /],
  ['undici', /\/node_modules\/undici\/|^wasm:/],
  ['pg', /\/node_modules\/(pg|pg-[\w-]+|postgres-[\w-]+)\//],
  ['TypeORM', /\/node_modules\/typeorm\//],
  ['Nest', /\/node_modules\/(@nestjs|rxjs|reflect-metadata)\//],
  ['Fastify', /\/node_modules\/(@?fastify|find-my-way|avvio|light-my-request|secure-json-parse)\b/],
  ['zod', /\/node_modules\/zod\//],
  ['pino', /\/node_modules\/(pino|sonic-boom|quick-format-unescaped|atomic-sleep)\b/],
  ['Node: buffers and text', /^node:(internal\/)?(buffer|string_decoder|encoding|util|url)/],
  [
    'Node: HTTP, sockets, streams',
    /^node:(_http|net|http|events|stream|internal\/(http|streams?|net|js_stream|stream_base))/,
  ],
  [
    'Node: timers, promises, ticks',
    /^node:(timers|internal\/(timers|process|async_hooks|priority_queue))/,
  ],
  ['Node: other', /^node:/],
];

/** What a function's own time is put down to: a library, a part of Node, or a folder of src. */
export function causeOf({ url, functionName }: Place): string {
  const known = CAUSES.find(([, pattern]) => pattern.test(`${url} ${functionName}`));
  if (known) return known[0];
  const folder = sourceFolder(url);
  if (folder !== undefined) return `src/${folder}`;
  return /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? 'other';
}

/** The folder of src that a compiled file is of; undefined for any other file. */
export function sourceFolder(url: string): string | undefined {
  if (url.includes('/node_modules/')) return undefined;
  return /\/dist[^/]*\/src\/(?:(.*)\/)?[^/]*$/.exec(url)?.[1];
}
