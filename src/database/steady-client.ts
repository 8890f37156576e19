import { Client } from 'pg';

/**
 * A connection of a pool that does not take the process with it when it breaks. A pool listens to those that it holds,
 * and whoever has got one from it listens as well, but a promise later: PostgreSQL's good-bye may come in between, and an
 * error to which nobody listens ends the process. The next statement on it fails, and the pool drops it.
 */
export class SteadyClient extends Client {
  constructor(...settings: ConstructorParameters<typeof Client>) {
    super(...settings);
    this.on('error', () => undefined);
  }
}
