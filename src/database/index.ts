export {
  createDataSource,
  migrate,
  type Connection,
  type DataSourceSettings,
} from './data-source.js';
export { type Statement, Statements } from './statements.js';
export { DatabaseModule, type OpenDatabase } from './database.module.js';
export { channelName, DatabaseSession } from './session.js';
export { ensurePartitions } from './partitions.js';
export { GroupCommit } from './group-commit.js';
export { derivedId, firstIdAt, newId, timeOfId, UUID_PATTERN } from './ids.js';
export { Turns } from './turns.js';
export { isDataError, isForeignKeyViolation, isOutage, isUniqueViolation } from './violations.js';
export { Repeating } from './repeating.js';
export {
  type EmbeddedPostgres,
  embeddedConnection,
  startEmbeddedPostgres,
} from './embedded/index.js';
