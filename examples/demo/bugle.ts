import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.js';
import { createLogger } from '../../src/logger.js';
import { start } from '../../src/startup/index.js';

/** Calls Bugle's REST API; the caller names the shape of the answer. @throws Error with what Bugle says is wrong. */
export type Call = <Body = unknown>(path: string, body?: object) => Promise<Body>;

const NO_ENV_FILE = '';

/** Starts Bugle in this process, on a free port, with an embedded PostgreSQL in this folder. */
export async function startBugle(folder: string) {
  const key = `bugle_demo_${randomBytes(24).toString('hex')}`;
  const settings = {
    PORT: '0',
    BUGLE_DATA_DIR: join(folder, 'data'),
    BUGLE_ADMIN_KEY: key,
    BUGLE_LOG_LEVEL: 'error',
  };
  const config = loadConfig(settings, NO_ENV_FILE);
  const { logger, flush } = createLogger(config.BUGLE_LOG_LEVEL);
  process.on('exit', flush);
  const server = await start(config, logger);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const call: Call = async <Body>(path: string, body?: object) => {
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(server.address + path, { headers, ...post });
    const content = (await answer.json()) as Body & { detail?: string };
    if (!answer.ok) throw new Error(`${answer.status}, ${content.detail}`);
    return content;
  };
  return { address: server.address, call, stop: () => server.stop() };
}
