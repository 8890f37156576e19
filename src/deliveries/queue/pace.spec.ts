import * as fc from 'fast-check';
import type { Outcome } from '../sending/index.js';
import { paceAfter, Paces, pressureOf } from './pace.js';

const answered = (statusCode: number): Outcome => ({
  kind: statusCode < 300 ? 'delivered' : 'rejected',
  statusCode,
  responseHeaders: {},
  responseBody: '',
  durationMs: 1,
});
const unreachable = (code: 'timeout' | 'connect_timeout' | 'connection_refused'): Outcome => ({
  kind: 'unreachable',
  error: { code, message: '' },
  durationMs: 1,
});

it.each([
  ['ok', answered(204)],
  ['overloaded', answered(429)],
  ['overloaded', answered(503)],
  ['overloaded', unreachable('timeout')],
  ['overloaded', unreachable('connect_timeout')],
  ['neutral', answered(400)],
  ['neutral', answered(500)],
  ['neutral', unreachable('connection_refused')],
] as const)('the pressure is %s after %j', (pressure, outcome) => {
  expect(pressureOf(outcome)).toBe(pressure);
});

describe('a pace', () => {
  const full = { width: 16, outdated: 0 };

  it('is halved once for all requests that were under way together', () => {
    let pace = full;
    for (let underWay = 15; underWay >= 0; underWay--) {
      pace = paceAfter(pace, 'overloaded', { most: 16, underWay });
    }
    expect(pace).toEqual({ width: 8, outdated: 0 });
  });

  it('grows by one with a round of successes', () => {
    let pace = { width: 4, outdated: 0 };
    for (let times = 0; times < 4; times++) pace = paceAfter(pace, 'ok', { most: 16, underWay: 3 });
    expect(pace.width).toBeGreaterThan(4.8);
    expect(pace.width).toBeLessThanOrEqual(5);
  });

  it('stays between one and the most, whatever happens', () => {
    const event = fc.record({
      pressure: fc.constantFrom('ok' as const, 'overloaded' as const, 'neutral' as const),
      underWay: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let pace = full;
        for (const { pressure, underWay } of events) {
          pace = paceAfter(pace, pressure, { most: 16, underWay });
          expect(pace.width).toBeGreaterThanOrEqual(1);
          expect(pace.width).toBeLessThanOrEqual(16);
        }
      }),
    );
  });
});

it('paces that nobody has used for long make room for others', () => {
  const paces = new Paces(16);
  paces.slowDown('deleted');
  paces.slowDown('kept');
  for (let number = 1; number < 10_000; number++) {
    paces.slowDown(`webhook ${number}`);
    expect(paces.widthOf('kept')).toBe(1);
  }
  expect(paces.widthOf('deleted')).toBe(16);
});
