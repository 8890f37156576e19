import { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';

/** Whether what a connection waits for may still come. */
type IsServed = () => Promise<boolean>;

const never: IsServed = () => Promise.resolve(false);

/**
 * A socket that gives itself up when nothing has come on it for so many milliseconds (0: it does not), unless it is served
 * still. Whoever waits for an answer on it learns that there will be none. Without it a server that has vanished, as in a
 * failover, would let everybody wait for as long as TCP tries: a quarter of an hour.
 */
export function impatientSocket(maxSilenceMs: number, isServed = never): Socket {
  const socket = new Socket();
  const silence = Object.assign(new Error('the database has said nothing for too long'), {
    code: 'ETIMEDOUT',
  });
  const onSilence = async () => {
    const { bytesRead } = socket;
    if ((await isServed()) || socket.bytesRead > bytesRead) socket.setTimeout(maxSilenceMs);
    else socket.destroy(silence);
  };
  socket.setTimeout(maxSilenceMs).on('timeout', () => void onSilence());
  return socket;
}

/** The server is there, and goes on with the sessions that it has: it lets us in no more (SQLSTATE class 28), or has no connection left. */
const LETS_NOBODY_IN = /^(28|53)/;

/**
 * Whether the server is still at work for the session with this `application_name`: one that is idle has answered, and the
 * answer was lost. It is asked on a connection of its own; no answer in time is a no.
 */
export async function isAtWorkFor(
  place: ClientConfig,
  name: string,
  withinMs: number,
): Promise<boolean> {
  const bounds = { connectionTimeoutMillis: withinMs, query_timeout: withinMs };
  const client = new Client({ ...place, ...bounds });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const text = `SELECT FROM pg_stat_activity WHERE application_name = $1 AND coalesce(state, '') NOT LIKE 'idle%'`;
    return (await client.query(text, [name])).rowCount !== 0;
  } catch (error) {
    return error instanceof Error && LETS_NOBODY_IN.test(String(Reflect.get(error, 'code')));
  } finally {
    client.end().catch(() => undefined);
  }
}
