import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { loadConfig, packageRoot } from './config/index.js';
import { createDataSource, DatabaseSession, Searches, Statements } from './database/index.js';
import { entities } from './entities.js';
import { openApiDocument } from './http/index.js';
import { RedisConnections } from './redis/index.js';
import { createApp } from './startup/index.js';

/** Writes docs/openapi.json: `npm run openapi`. The application is put together but never started: no database is needed. */
const config = loadConfig({}, '');
const logger = pino({ level: 'silent' });
const connection = { url: 'postgres://nobody@127.0.0.1:1/none' };
const app = await createApp({
  config,
  logger,
  masterKey: randomBytes(32),
  database: {
    dataSource: createDataSource({ connection, schema: config.BUGLE_SCHEMA, entities }),
    session: new DatabaseSession(connection, config.BUGLE_SCHEMA, logger),
    statements: new Statements(connection, config.BUGLE_SCHEMA),
    searches: new Searches(connection, config.BUGLE_SCHEMA),
  },
  redis: new RedisConnections(config, logger),
});
writeFileSync(
  join(packageRoot, 'docs', 'openapi.json'),
  `${JSON.stringify(openApiDocument(app), null, 2)}\n`,
);
process.exit(0);
