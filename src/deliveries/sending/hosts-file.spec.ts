import * as fc from 'fast-check';
import { parseHosts } from './hosts-file.js';

const addressesOf = (text: string, name: string): string[] =>
  (parseHosts(text).get(name) ?? []).map(({ address, family }) => `${address} ${family}`);

describe('parseHosts', () => {
  it('gives each name of a line its address', () => {
    const text = '10.0.0.7\treceiver  receiver.internal\n';
    expect(addressesOf(text, 'receiver')).toEqual(['10.0.0.7 4']);
    expect(addressesOf(text, 'receiver.internal')).toEqual(['10.0.0.7 4']);
  });

  it('gives a name the addresses of all its lines, in their order', () => {
    const text = '::1 localhost ip6-localhost\n127.0.0.1 localhost\n';
    expect(addressesOf(text, 'localhost')).toEqual(['::1 6', '127.0.0.1 4']);
  });

  it('takes upper and lower case for the same', () => {
    expect(addressesOf('10.0.0.7 Receiver', 'receiver')).toEqual(['10.0.0.7 4']);
  });

  it('passes over comments, blank lines and what is no address', () => {
    const text = '# 10.0.0.1 a\n\n10.0.0.2 b # a\n10.0.0 a\nreceiver a\r\n10.0.0.3 c\r\n';
    expect([...parseHosts(text).keys()]).toEqual(['b', 'c']);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([...parseHosts(text).keys()].every((name) => name !== '')).toBe(true);
      }),
    );
  });
});
