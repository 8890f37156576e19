import * as fc from 'fast-check';
import { fullNames, parseResolvConf } from './resolv-conf.js';

const KUBERNETES = `nameserver 10.96.0.10
search shop.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`;

describe('parseResolvConf', () => {
  it.each([
    ['', [], 1],
    ['nameserver 127.0.0.11\noptions edns0 trust-ad ndots:0\n', [], 0],
    [KUBERNETES, ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], 5],
    ['domain example.com', ['example.com'], 1],
    ['search a.test b.test\nsearch c.test', ['c.test'], 1],
    ['search a.test\ndomain b.test', ['b.test'], 1],
    ['search a.test. .\n', ['a.test'], 1],
    ['# search a.test\n; search b.test\nsearch c.test # here', ['c.test'], 1],
    ['options ndots:99', [], 15],
    ['options ndots:2\noptions rotate', [], 2],
    ['options ndots:x', [], 1],
  ])('%j', (text, search, ndots) => {
    expect(parseResolvConf(text)).toEqual({ search, ndots });
  });
});

describe('fullNames', () => {
  const docker = { search: [], ndots: 0 };
  const office = { search: ['corp.test'], ndots: 1 };
  const kubernetes = parseResolvConf(KUBERNETES);

  it.each([
    ['receiver', docker, ['receiver']],
    ['receiver', office, ['receiver.corp.test', 'receiver']],
    ['example.com', office, ['example.com', 'example.com.corp.test']],
    ['example.com.', office, ['example.com']],
    [
      'billing.shop',
      kubernetes,
      [
        'billing.shop.shop.svc.cluster.local',
        'billing.shop.svc.cluster.local',
        'billing.shop.cluster.local',
        'billing.shop',
      ],
    ],
  ])('of %s', (name, rules, expected) => {
    expect(fullNames(name, rules)).toEqual(expected);
  });

  it('always holds the name itself, first only when it has dots enough', () => {
    const label = fc.stringMatching(/^[a-z]{1,5}$/);
    const name = fc.array(label, { minLength: 1, maxLength: 7 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 3 }), fc.nat(7), (host, search, ndots) => {
        const names = fullNames(host, { search, ndots });
        const hasDots = host.split('.').length - 1 >= ndots;
        expect(names).toHaveLength(search.length + 1);
        expect(names.at(hasDots ? 0 : -1)).toBe(host);
      }),
    );
  });
});
