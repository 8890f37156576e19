/** What a developer's machine wants: durable, modest in memory, no compilation of queries that take a millisecond. */
const defaults: Record<string, string> = {
  shared_buffers: '128MB',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  jit: 'off',
  max_wal_size: '1GB',
  min_wal_size: '80MB',
  wal_compression: 'on',
  checkpoint_completion_target: '0.9',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/** The defaults with the given settings over them, as arguments of the `postgres` program. */
export function settingArguments(settings: Record<string, string>): string[] {
  return Object.entries({ ...defaults, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}
