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

/**
 * Whether the server still has the session with this `application_name`. It is asked on a connection of its own; no answer
 * in time is a no. A server that has no connection left (SQLSTATE class 53) is there, and goes on with those that it has.
 */
export async function hasSession(
  place: ClientConfig,
  name: string,
  withinMs: number,
): Promise<boolean> {
  const bounds = { connectionTimeoutMillis: withinMs, query_timeout: withinMs };
  const client = new Client({ ...place, ...bounds });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const text = 'SELECT FROM pg_stat_activity WHERE application_name = $1';
    return (await client.query(text, [name])).rowCount !== 0;
  } catch (error) {
    return error instanceof Error && String(Reflect.get(error, 'code')).startsWith('53');
  } finally {
    client.end().catch(() => undefined);
  }
}
