import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** An address in its one canonical form; an IPv4-mapped IPv6 address counts as its IPv4 address. */
interface Address {
  text: string;
  family: Family;
}

/** One list for each family: a list checks an IPv4 address against its IPv6 networks too, as a mapped one. */
type Networks = Record<Family, BlockList>;

const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** Not reachable on the public internet (IANA special-purpose registries), or a cloud's inside. */
const forbiddenNetworks = [
  '0.0.0.0/8', // this network; Linux takes 0.0.0.0 for localhost
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; some clouds' metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's host agent, inside only although the address looks public
  '169.254.0.0/16', // link-local; most clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocols; Oracle's metadata
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  // Global unicast is 2000::/3; everything else: ::, ::1, ::/8 with NAT64, 100::/64, 5f00::/16, fc00::/7, fe80::/10,
  // fec0::/10, ff00::/8.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // IETF protocols, Teredo, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries any IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];

const forbidden = parseNetworks(forbiddenNetworks);

/**
 * Says which addresses may be called: the public internet, and the networks that the operator allows.
 *
 *     new AddressGuard(['127.0.0.0/8', '::1']).isAllowed('127.0.0.1') // true
 */
export class AddressGuard {
  private readonly allowed: Networks;

  /** @throws Error that names the first entry that is neither an address nor a network (CIDR). */
  constructor(allowNetworks: readonly string[]) {
    this.allowed = parseNetworks(allowNetworks);
  }

  /**
   * Whether this IP address may be dialled; false for anything that is not an IP address. One that a gateway would
   * turn into an IPv4 address is judged by that one too.
   */
  isAllowed(address: string): boolean {
    const canonical = canonicalAddress(address);
    if (!canonical) return false;
    const { text, family } = canonical;
    const isOpen =
      this.allowed[family].check(text, family) || !forbidden[family].check(text, family);
    const carried = isOpen && family === 'ipv6' ? carriedAddress(text) : undefined;
    return carried === undefined ? isOpen : this.isAllowed(carried);
  }

  /**
   * Those addresses of a name that may be dialled: all of them, or none when one is forbidden, since a name that also
   * leads inwards is not to be trusted. `localhost` is this machine by whatever address, so there one that is allowed is
   * enough, such as 127.0.0.1 without ::1.
   */
  dialable<Place extends { address: string }>(hostname: string, places: Place[]): Place[] {
    const allowed = places.filter(({ address }) => this.isAllowed(address));
    return isLocalhost(hostname) || allowed.length === places.length ? allowed : [];
  }
}

/** Whether this is an address or a network (CIDR) that a guard understands. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

/** `localhost` and all names below it are this machine, whoever is asked (RFC 6761, 6.3). */
export function isLocalhost(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(hostname);
}

/** The IP address that a URL's host is, without brackets; undefined when the host is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return isIP(bare) ? bare : undefined;
}

function parseNetworks(networks: readonly string[]): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const parsed = parseNetwork(network);
    if (!parsed) throw badNetwork(network);
    const { address, prefix } = parsed;
    lists[address.family].addSubnet(address.text, prefix, address.family);
  }
  return lists;
}

function parseNetwork(network: string): { address: Address; prefix: number } | undefined {
  const [, host = '', length] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(network.trim()) ?? [];
  const address = host.includes('%') ? undefined : canonicalAddress(host);
  if (!address) return undefined;
  const mappedBits = isIP(host) === 6 && address.family === 'ipv4' ? 96 : 0;
  const maxPrefix = address.family === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? maxPrefix : Number(length) - mappedBits;
  return prefix < 0 || prefix > maxPrefix ? undefined : { address, prefix };
}

function badNetwork(network: string): Error {
  return new Error(
    `${JSON.stringify(network)} is not a network: write it like 10.0.0.0/8, fd00::/8 or 127.0.0.1.`,
  );
}

function canonicalAddress(address: string): Address | undefined {
  const [bare = ''] = address.split('%');
  const version = isIP(bare);
  if (version === 0) return undefined;
  if (version === 4) return { text: bare, family: 'ipv4' };
  const text = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = mapped.exec(text) ?? [];
  if (high === undefined || low === undefined) return { text, family: 'ipv6' };
  return { text: dotted(parseInt(high, 16), parseInt(low, 16)), family: 'ipv4' };
}

/** The IPv4 address inside of an IPv6 address in canonical form: NAT64, 6to4 and "compatible" ones. */
function carriedAddress(text: string): string | undefined {
  const groups = groupsOf(text);
  const [first, second = 0, third = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  if (first === 0x2002) return dotted(second, third);
  const isNat64 = first === 0x64 && second === 0xff9b && groups.slice(2, 6).every((g) => g === 0);
  const isCompatible = high > 0 && groups.slice(0, 6).every((group) => group === 0);
  return isNat64 || isCompatible ? dotted(high, low) : undefined;
}

function groupsOf(text: string): number[] {
  const [left = [], right = []] = text
    .split('::')
    .map((side) => side.split(':').flatMap((group) => (group ? [parseInt(group, 16)] : [])));
  const gap = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return [...left, ...gap, ...right];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
