import { Leases, leaseTerms } from './leases.js';

const terms = { leaseMs: 60_000, neededMs: 20_000 };

function held(...ids: string[]) {
  const leases = new Leases(terms);
  ids.forEach((id, index) => leases.hold(id, index));
  return leases;
}

describe('the terms of leases', () => {
  it('are as the settings say', () => {
    const settings = { BUGLE_LEASE_MS: 60_000, BUGLE_ATTEMPT_TIMEOUT_MS: 15_000 };
    expect(leaseTerms(settings)).toEqual({ leaseMs: 60_000, neededMs: 15_500 });
  });

  it('leave time for an attempt, however short the setting', () => {
    const { leaseMs, neededMs } = leaseTerms({
      BUGLE_LEASE_MS: 500,
      BUGLE_ATTEMPT_TIMEOUT_MS: 15_000,
    });
    expect(leaseMs / 2).toBeGreaterThanOrEqual(neededMs);
  });
});

describe('Leases', () => {
  it('cover a request that begins while there is enough left, and none of what is not held', () => {
    const leases = held('a');
    expect([leases.covers('a', 40_000), leases.covers('a', 40_001)]).toEqual([true, false]);
    expect(leases.covers('b', 0)).toBe(false);
    leases.release('a');
    expect(leases.covers('a', 0)).toBe(false);
  });

  it('want to be renewed when a third has passed', () => {
    const leases = held('a', 'b');
    expect([...leases.waning(19_999).keys()]).toEqual([]);
    expect([...leases.waning(20_000).keys()]).toEqual(['a']);
    expect([...leases.waning(20_001).keys()]).toEqual(['a', 'b']);
  });

  it('count from the renewal on, and tell what was lost', () => {
    const leases = held('kept', 'lost');
    const lost = leases.renewed(leases.waning(30_000), new Set(['kept']), 30_000);
    expect([...lost]).toEqual(['lost']);
    expect([leases.covers('kept', 70_000), leases.has('lost')]).toEqual([true, false]);
  });

  it('leave alone what was given back and taken anew while it was being renewed', () => {
    const leases = held('a');
    const asked = leases.waning(30_000);
    leases.release('a');
    leases.hold('a', 31_000);
    expect(leases.renewed(asked, new Set(), 30_000).size).toBe(0);
    expect(leases.covers('a', 71_000)).toBe(true);
  });

  it('are fresh as long as the oldest is, renewed or not', () => {
    const leases = held('old', 'young');
    expect([leases.areFresh(40_000), leases.areFresh(40_001)]).toEqual([true, false]);
    leases.renewed(leases.waning(50_000), new Set(['old', 'young']), 50_000);
    expect(leases.areFresh(90_000)).toBe(true);
    expect(new Leases(terms).areFresh(1_000_000)).toBe(true);
  });
});
