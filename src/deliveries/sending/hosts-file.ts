import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** The names of `/etc/hosts` in lower case, each with all its addresses in the order of the file. */
export type Hosts = ReadonlyMap<string, readonly LookupAddress[]>;

/** Lines that begin with no address are passed over, as every system does. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), { address, family }]);
    }
  }
  return hosts;
}
