import { startTestPostgres } from './postgres.js';
import { startServerHosts } from './server-host.js';

/** What the spec files of a run share. */
export default async function setUp({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  await Promise.all([startTestPostgres(), startServerHosts(maxWorkers)]);
}
