import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/index.js';

const root = join(packageRoot, 'src');
const opensConnections =
  /(?:from|import|require)\s*\(?\s*'(?:undici|axios|got|node-fetch|(?:node:)?(?:https?|http2|net|tls|dgram|dns|dns\/promises))'|\bfetch\(|\bnew (?:WebSocket|EventSource|XMLHttpRequest)\b/;

/** What else knows of the network, and why no user can tell it where to connect. */
const known: Record<string, string> = {
  'address-guard.ts': 'reads addresses, connects to nothing',
  'database/': 'the PostgreSQL that the operator names',
  'redis/': 'the Redis that the operator names',
  'startup/listen.ts': 'looks up the HOST that the operator names, to listen there',
  'http/': 'types of connections that come in',
};

const isKnown = (path: string): boolean =>
  Object.keys(known).some((beginning) => path.startsWith(beginning));

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !/\.(?:spec|fixture|attack)\.ts$/.test(path))
  .filter((path) => !path.startsWith('deliveries/sending/'));

it('nothing but the sender opens connections to where a user says', () => {
  const found = sources.filter((path) =>
    opensConnections.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(found.filter((path) => !isKnown(path))).toEqual([]);
});

it('the sender is found by the same search', () => {
  const sender = readFileSync(join(root, 'deliveries/sending/sender.ts'), 'utf8');
  expect(opensConnections.test(sender)).toBe(true);
});
