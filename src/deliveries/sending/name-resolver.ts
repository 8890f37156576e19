import { lookup, promises } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { isLocalhost } from '../../address-guard.js';
import { askDns, isUnknownToDns } from './dns-names.js';
import { type Hosts, parseHosts } from './hosts-file.js';
import { ParsedFile } from './parsed-file.js';
import { type SearchRules, parseResolvConf } from './resolv-conf.js';

/** Nobody knows an address of the name, or nobody answered. */
export class NameNotResolvedError extends Error {
  readonly code = 'name_not_resolved';

  /** @param detail The code of c-ares: ENOTFOUND, ESERVFAIL, ETIMEOUT, … */
  constructor(readonly detail: string) {
    super('The name could not be resolved.');
  }
}

/** Called once, with all addresses of the name in the order in which they are to be tried. */
export type Found = (error: Error | null, addresses: LookupAddress[]) => void;

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string, found: Found) => void;

/** Where names are looked up; all but the time are the system's unless given. */
export interface NameSources {
  /** So long may a name wait for its turn to be asked of the system, in milliseconds. */
  timeoutMs: number;
  hostsFile?: string;
  resolvConf?: string;
  /** DNS servers, as `127.0.0.1:53`. */
  servers?: readonly string[];
  /** The system's own look-up, which knows more than DNS: mDNS, LDAP, what a VPN knows. */
  system?: (hostname: string) => Promise<LookupAddress[]>;
}

/** DNS as `/etc/resolv.conf` has it now. */
interface Dns {
  resolver: promises.Resolver;
  rules: SearchRules;
}

/** A question that is not answered is asked again after 1 s, 2 s, … (c-ares learns the time from earlier answers). */
const QUESTION = { timeout: 1_000, tries: 4 };

const loopback: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Looks names up so that one which nobody answers for keeps no other one waiting (docs/adr/0023): in `/etc/hosts`, then
 * in DNS with questions of our own, any number at a time; what DNS does not know is asked of the system, one by one.
 */
export class NameResolver {
  private readonly hosts: ParsedFile<Hosts>;
  private readonly dns: ParsedFile<Dns>;
  private systemTurn: Promise<unknown> = Promise.resolve();

  constructor(private readonly sources: NameSources) {
    this.hosts = new ParsedFile(sources.hostsFile ?? '/etc/hosts', parseHosts);
    this.dns = new ParsedFile(sources.resolvConf ?? '/etc/resolv.conf', (text) => this.dnsBy(text));
  }

  /** Fails with NameNotResolvedError. */
  readonly resolve: Resolve = (hostname, found) => {
    this.addressesOf(hostname).then(
      (addresses) => found(null, addresses),
      (error: Error) => found(error, []),
    );
  };

  private async addressesOf(hostname: string): Promise<LookupAddress[]> {
    const name = hostname.toLowerCase();
    const hosts = await this.hosts.read();
    const known = hosts.get(name.replace(/\.$/, '')) ?? (isLocalhost(name) ? loopback : undefined);
    if (known) return [...known];
    const { resolver, rules } = await this.dns.read();
    const answer = await askDns(resolver, name, rules);
    if (answer.addresses.length > 0) return answer.addresses;
    const addresses = isUnknownToDns(answer) ? await this.askSystem(name) : [];
    if (addresses.length === 0) throw new NameNotResolvedError(answer.code ?? '');
    return addresses;
  }

  /** A new resolver whenever the file has changed: the old one still has the old servers. */
  private dnsBy(text: string): Dns {
    const resolver = new promises.Resolver(QUESTION);
    if (this.sources.servers) resolver.setServers(this.sources.servers);
    return { resolver, rules: parseResolvConf(text) };
  }

  // Four threads of the process do such look-ups, two of them at a time, and none can be interrupted: with one question
  // at a time the other one stays free for the database and Redis.
  private async askSystem(name: string): Promise<LookupAddress[]> {
    const { timeoutMs, system = systemLookup } = this.sources;
    const giveUpAt = performance.now() + timeoutMs;
    const turn = this.systemTurn.then(() => (performance.now() < giveUpAt ? system(name) : []));
    const settled = turn.catch(() => []);
    this.systemTurn = settled;
    return settled;
  }
}

function systemLookup(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) =>
    lookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );
}
