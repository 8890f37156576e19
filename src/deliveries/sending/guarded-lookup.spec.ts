import type { LookupAddress } from 'node:dns';
import { AddressGuard } from '../../address-guard.js';
import { GuardedLookup } from './guarded-lookup.js';
import type { Resolve } from './name-resolver.js';

const guard = new AddressGuard(['127.0.0.0/8']);

const addressOf = (address: string): LookupAddress => ({
  address,
  family: address.includes(':') ? 6 : 4,
});

function lookupBy(resolve: Resolve, timeoutMs = 5_000): GuardedLookup {
  return new GuardedLookup({ guard, timeoutMs, resolve });
}

/** What a connection would be given: addresses in their order, or the code of the error. */
function dialled(names: GuardedLookup, hostname: string): Promise<string | string[]> {
  return new Promise((resolve) => {
    names.lookup(hostname, { all: true }, (error, addresses) => {
      if (error) resolve(error.code ?? error.message);
      else resolve(Array.isArray(addresses) ? addresses.map(({ address }) => address) : addresses);
    });
  });
}

describe('GuardedLookup', () => {
  it('gives the first four addresses of each family, in the order of the resolver', async () => {
    const ipv6 = Array.from({ length: 300 }, (_, index) => `2606:4700::${index + 1}`);
    const ipv4 = Array.from({ length: 300 }, (_, index) => `8.8.${index % 3}.${index % 200}`);
    const names = lookupBy((_, found) => found(null, [...ipv6, ...ipv4].map(addressOf)));
    const expected = [...ipv6.slice(0, 4), ...ipv4.slice(0, 4)];
    expect(await dialled(names, 'name.test')).toEqual(expected);
  });

  it('refuses a name for its last of hundreds of addresses', async () => {
    const good = Array.from({ length: 700 }, (_, index) => `8.8.8.${index % 250}`);
    const names = lookupBy((_, found) => found(null, [...good, '10.0.0.1'].map(addressOf)));
    expect(await dialled(names, 'name.test')).toBe('target_forbidden');
  });

  it('of this machine gives the addresses that are allowed, and none when none is', async () => {
    const both = ['127.0.0.1', '::1'].map(addressOf);
    const names = lookupBy((_, found) => found(null, both));
    for (const name of ['localhost', 'app.localhost', 'LOCALHOST.'])
      expect(await dialled(names, name)).toEqual(['127.0.0.1']);
    expect(await dialled(names, 'localhost.test')).toBe('target_forbidden');
    const closed = lookupBy((_, found) => found(null, both.slice(1)));
    expect(await dialled(closed, 'localhost')).toBe('target_forbidden');
  });

  it('asks once for a name that many wait for, and asks anew afterwards', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const names = lookupBy((hostname, found) => {
      asked.push(hostname);
      answers.push(() => found(null, [addressOf('8.8.8.8')]));
    });
    const all = [dialled(names, 'a.test'), dialled(names, 'a.test'), dialled(names, 'b.test')];
    for (const answer of answers) answer();
    expect(await Promise.all(all)).toEqual([['8.8.8.8'], ['8.8.8.8'], ['8.8.8.8']]);
    expect(asked).toEqual(['a.test', 'b.test']);

    const again = dialled(names, 'a.test');
    answers.at(-1)?.();
    expect(await again).toEqual(['8.8.8.8']);
    expect(asked).toEqual(['a.test', 'b.test', 'a.test']);
  });

  it('judges each answer anew: a name that turned inwards is refused', async () => {
    const answers = ['8.8.8.8', '169.254.169.254'];
    const names = lookupBy((_, found) => found(null, [addressOf(answers.shift() ?? '')]));
    expect(await dialled(names, 'name.test')).toEqual(['8.8.8.8']);
    expect(await dialled(names, 'name.test')).toBe('target_forbidden');
  });

  it('waits for a resolver no longer than it is told, and takes a late answer for nothing', async () => {
    const late: (() => void)[] = [];
    const names = lookupBy((_, found) => late.push(() => found(null, [])), 20);
    expect(await dialled(names, 'name.test')).toBe('lookup_timeout');
    expect(() => late[0]?.()).not.toThrow();
  });

  it('says so when a name has no address', async () => {
    expect(
      await dialled(
        lookupBy((_, found) => found(null, [])),
        'name.test',
      ),
    ).toBe('name_not_resolved');
  });

  it.each([
    ['127.0.0.1', ['127.0.0.1']],
    ['::ffff:127.0.0.1', ['::ffff:127.0.0.1']],
    ['10.0.0.1', 'target_forbidden'],
    ['::ffff:10.0.0.1', 'target_forbidden'],
    ['good.test', ['8.8.8.8']],
    ['mixed.test', 'target_forbidden'],
  ])('says what of %s may be dialled, or why nothing', async (hostname, expected) => {
    const mixed = ['8.8.8.8', '10.0.0.1'].map(addressOf);
    const names = lookupBy((name, found) =>
      found(null, name === 'good.test' ? mixed.slice(0, 1) : mixed),
    );
    const found = names.addressesOf(hostname).catch((error: { code?: string }) => error.code);
    expect(await found).toEqual(expected);
  });
});
