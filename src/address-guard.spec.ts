import * as fc from 'fast-check';
import { AddressGuard, literalAddress } from './address-guard.js';

const open = new AddressGuard([]);

describe('AddressGuard', () => {
  it.each([
    ['localhost', ['127.0.0.1', '::1'], ['127.0.0.1']],
    ['app.localhost', ['::1'], []],
    ['name.test', ['127.0.0.1', '8.8.8.8'], ['127.0.0.1', '8.8.8.8']],
    ['name.test', ['127.0.0.1', '::1'], []],
    ['localhost.name.test', ['127.0.0.1', '::1'], []],
  ])('lets of %s at %j be dialled %j', (hostname, addresses, dialled) => {
    const places = addresses.map((address) => ({ address }));
    const dialable = new AddressGuard(['127.0.0.0/8']).dialable(hostname, places);
    expect(dialable.map(({ address }) => address)).toEqual(dialled);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
    '::FFFF:0808:0808',
  ])('allows %s on the public internet', (address) => {
    expect(open.isAllowed(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.255',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.88.99.1',
    '192.168.1.1',
    '192.175.48.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
  ])('refuses %s', (address) => {
    expect(open.isAllowed(address)).toBe(false);
  });

  it.each([
    '::',
    '::1',
    '::2',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::',
    '2620:4f:8000::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
  ])('refuses %s', (address) => {
    expect(open.isAllowed(address)).toBe(false);
  });

  it.each([
    '',
    'localhost',
    '127.1',
    '0177.0.0.1',
    '2130706433',
    '[::1]',
    '1.1.1.1/32',
    '%',
    '%1.1.1.1',
  ])('refuses %j, which is no address', (text) => {
    expect(new AddressGuard(['0.0.0.0/0', '::/0']).isAllowed(text)).toBe(false);
  });

  it('judges every spelling of a mapped address by its IPv4 address', () => {
    const byte = fc.nat({ max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const dotted = [a, b, c, d].join('.');
        const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':');
        const expected = open.isAllowed(dotted);
        expect(open.isAllowed(`::ffff:${dotted}`)).toBe(expected);
        expect(open.isAllowed(`::FFFF:${groups}`)).toBe(expected);
        expect(open.isAllowed(`0:0:0:0:0:ffff:${groups}`)).toBe(expected);
      }),
    );
  });

  it('allows the networks that the operator named, and no more', () => {
    const guard = new AddressGuard(['127.0.0.0/8', ' 10.1.2.3 ', 'fd00::/8', '::1/128']);
    const allowed = ['127.0.0.1', '::ffff:127.9.9.9', '10.1.2.3', 'fd12::1', '::1', '8.8.8.8'];
    expect(allowed.filter((address) => !guard.isAllowed(address))).toEqual([]);
    const refused = ['10.1.2.4', 'fc00::1', '::2', '192.168.0.1'];
    expect(refused.filter((address) => guard.isAllowed(address))).toEqual([]);
  });

  it('takes a mapped network for its IPv4 network', () => {
    const guard = new AddressGuard(['::ffff:10.0.0.0/104']);
    expect(guard.isAllowed('10.9.9.9')).toBe(true);
    expect(guard.isAllowed('::ffff:10.9.9.9')).toBe(true);
    expect(guard.isAllowed('172.16.0.1')).toBe(false);
  });

  it.each([
    ['64:ff9b::/96', '64:ff9b::808:808', '64:ff9b::a9fe:a9fe'],
    ['64:ff9b::/96', '64:ff9b::8.8.8.8', '64:ff9b::10.0.0.1'],
    ['2002::/16', '2002:808:808::1', '2002:7f00:1::1'],
    ['::/0', '::8.8.8.8', '::127.0.0.1'],
    ['::/0', '::1', '64:ff9b::'],
  ])('judges what %s carries: %s yes, %s no', (network, yes, no) => {
    const guard = new AddressGuard([network]);
    expect([guard.isAllowed(yes), guard.isAllowed(no)]).toEqual([true, false]);
  });

  it('agrees with a table of its own over random addresses', () => {
    // Half of them inside of a network of the table, where few random addresses would fall.
    const ipv4 = fc.oneof(bits(32), inNetworks(TABLE_V4, 32, bits(32)));
    const ipv6 = fc.oneof(bits(128), inNetworks(TABLE_V6, 128, bits(128)));
    fc.assert(
      fc.property(ipv4, (value) => {
        expect(open.isAllowed(textV4(value))).toBe(!isIn(TABLE_V4, 32, value));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(ipv6, (value) => {
        const isMapped = value >> 32n === 0xffffn;
        const expected = isMapped
          ? !isIn(TABLE_V4, 32, value & 0xffffffffn)
          : !isIn(TABLE_V6, 128, value);
        expect(open.isAllowed(textV6(value))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not let ::/0 open IPv4', () => {
    const guard = new AddressGuard(['::/0']);
    expect(guard.isAllowed('::1')).toBe(true);
    expect(guard.isAllowed('::ffff:127.0.0.1')).toBe(false);
  });

  it.each([
    '',
    'localhost',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::1/129',
    'fe80::1%eth0/64',
    '10.0.0.0/x',
    '::ffff:10.0.0.0/8',
    '/8',
  ])('names the bad entry %j', (entry) => {
    expect(() => new AddressGuard(['10.0.0.0/8', entry])).toThrow(JSON.stringify(entry));
  });
});

/** First address and length of each network, by the registries of IANA: worked out apart from the code. */
const TABLE_V4: [bigint, number][] = [
  [0x00000000n, 8],
  [0x0a000000n, 8],
  [0x64400000n, 10],
  [0x7f000000n, 8],
  [0xa83f8110n, 32],
  [0xa9fe0000n, 16],
  [0xac100000n, 12],
  [0xc0000000n, 24],
  [0xc0000200n, 24],
  [0xc01fc400n, 24],
  [0xc034c100n, 24],
  [0xc0586300n, 24],
  [0xc0a80000n, 16],
  [0xc0af3000n, 24],
  [0xc6120000n, 15],
  [0xc6336400n, 24],
  [0xcb007100n, 24],
  [0xe0000000n, 3],
];
const group = (first: number, second = 0, third = 0): bigint =>
  (BigInt(first) << 112n) | (BigInt(second) << 96n) | (BigInt(third) << 80n);
const TABLE_V6: [bigint, number][] = [
  [group(0), 3],
  [group(0x4000), 2],
  [group(0x8000), 1],
  [group(0x2001), 23],
  [group(0x2001, 0xdb8), 32],
  [group(0x2002), 16],
  [group(0x2620, 0x4f, 0x8000), 48],
  [group(0x3fff), 20],
];

function bits(length: number): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: (1n << BigInt(length)) - 1n });
}

function isIn(table: [bigint, number][], width: number, value: bigint): boolean {
  return table.some(([first, length]) => (value ^ first) >> BigInt(width - length) === 0n);
}

function inNetworks(
  table: [bigint, number][],
  width: number,
  any: fc.Arbitrary<bigint>,
): fc.Arbitrary<bigint> {
  return fc
    .tuple(fc.constantFrom(...table), any)
    .map(([[first, length], value]) => first | (value & ((1n << BigInt(width - length)) - 1n)));
}

function textV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function textV6(value: bigint): string {
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n];
  return shifts.map((shift) => ((value >> shift) & 0xffffn).toString(16)).join(':');
}

describe('literalAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['127.0.0.1.', '127.0.0.1'],
  ])('finds the address in %s', (host, address) => {
    expect(literalAddress(host)).toBe(address);
  });

  it.each(['localhost', 'localhost.', '', '.', 'a.127.0.0.1', '127.0.0.1.example.com'])(
    'finds none in %j',
    (host) => {
      expect(literalAddress(host)).toBeUndefined();
    },
  );

  it.each(['0x7f.1', '2130706433', '0177.0.0.1', '127.1', '127.0.0.1.', '１２７.0.0.1'])(
    'sees through the spelling %s once it is a URL',
    (host) => {
      expect(literalAddress(new URL(`http://${host}/`).hostname)).toBe('127.0.0.1');
    },
  );
});
