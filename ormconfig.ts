import { loadConfig } from './src/config/index.js';
import { createDataSource, embeddedConnection } from './src/database/index.js';
import { entities } from './src/entities.js';

/**
 * The DataSource of the TypeORM command line, made like the server's own:
 * `npx typeorm migration:show -d dist/ormconfig.js`. Without DATABASE_URL it reaches the embedded
 * PostgreSQL of a server that is running.
 */
const config = loadConfig();

export default createDataSource({
  connection: config.DATABASE_URL
    ? { url: config.DATABASE_URL }
    : embeddedConnection(config.BUGLE_DATA_DIR),
  schema: config.BUGLE_SCHEMA,
  poolSize: 2,
  entities,
});
