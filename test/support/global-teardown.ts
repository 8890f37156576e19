import { stopTestPostgres } from './postgres.js';
import { stopServerHosts } from './server-host.js';

export default async function tearDown(): Promise<void> {
  stopServerHosts();
  await stopTestPostgres();
}
