/** Where a Redis server (a sentinel, a node of a cluster) is, and how to get in. */
export interface RedisAddress {
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  /** Number of the database. A cluster has only 0. */
  db: number;
  tls: boolean;
}

/** The parts of redis://user:password@host:port/db; rediss:// means TLS. */
export function addressOf(url: string, defaultPort: number): RedisAddress {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: port ? Number(port) : defaultPort,
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    db: Number(/^\/(\d+)$/.exec(pathname)?.[1] ?? 0),
    tls: protocol === 'rediss:',
  };
}

/** For people: host:port and nothing that is secret. */
export function shownAddress(url: string): string {
  return new URL(url).host || url;
}
