export { createDataSource, type Connection, type DataSourceSettings } from './data-source.js';
export { inTurn } from './in-turn.js';
export { migrate } from './migrate.js';
export { oneConnection, openOneConnection } from './one-connection.js';
export { type Runner, runnerOf, type Statement, Statements } from './statements.js';
export { Searches } from './searches.js';
export { answerWithin } from './answer-within.js';
export { DatabaseModule, type OpenDatabase } from './database.module.js';
export { channelName, DatabaseSession } from './session.js';
export { ensurePartitions } from './partitions.js';
export { type PoolState, poolStateOf } from './pool-state.js';
export { PartitionUpkeep } from './partition-upkeep.js';
export {
  countDays,
  type DayFate,
  dropOldDays,
  type RetentionPolicy,
  type RetentionRun,
  surveyRetention,
} from './retention.js';
export { GroupCommit } from './group-commit.js';
export { derivedId, firstIdAt, newId, timeOfId, UUID_PATTERN } from './ids.js';
export { Turns } from './turns.js';
export {
  isDataError,
  isForeignKeyViolation,
  isOutage,
  isTransient,
  isUniqueViolation,
} from './violations.js';
export { FailureLog } from './failure-log.js';
export { Repeating } from './repeating.js';
export {
  type EmbeddedPostgres,
  embeddedConnection,
  startEmbeddedPostgres,
} from './embedded/index.js';
