import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { pino } from 'pino';
import { until } from '../../test/support/until.js';
import { loadConfig } from '../config/index.js';
import { RedisConnections } from './redis-connections.provider.js';

let hanging: Server;
let redis: RedisConnections;
let lines: string[];

beforeEach(async () => {
  hanging = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(
    0,
    '127.0.0.1',
  );
  await once(hanging, 'listening');
  lines = [];
  const logger = pino(
    {},
    { write: (line: string) => void lines.push(String(JSON.parse(line).msg)) },
  );
  const address = hanging.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const settings = { REDIS_URL: `rediss://127.0.0.1:${port}`, BUGLE_REDIS_MODE: 'cluster' };
  redis = new RedisConnections(loadConfig(settings, ''), logger);
});

afterEach(() => {
  redis.close();
  hanging.close();
});

it('says that Redis is back only if it said that it is away, which takes a moment with TLS', async () => {
  for (const event of ['close', 'ready', 'close', 'ready', 'close', 'error'])
    redis.commands?.emit(event, new Error('Connection is closed.'));
  expect(lines).toEqual([]);
  await until('it is told', () => lines.length > 0);
  redis.commands?.emit('ready');
  expect(lines).toEqual(['redis.away', 'redis.back']);
});
