import * as fc from 'fast-check';
import { Lanes } from './lanes.js';

interface Parcel {
  webhookId: string;
  number: number;
}

/** Lanes whose sending is only written down, with the ends of requests in the test's hands. */
function trial(limits: { perWebhook?: number; overall?: number } = {}) {
  const sent: Parcel[] = [];
  const lanes = new Lanes<Parcel>({ perWebhook: 2, overall: 4, ...limits }, (item) =>
    sent.push(item),
  );
  const give = (webhookId: string, count: number): void => {
    for (let number = 1; number <= count; number++) {
      lanes.hold(webhookId);
      lanes.start({ webhookId, number });
    }
  };
  const end = (webhookId: string, durationMs = 1): void => {
    lanes.sent(webhookId, durationMs);
    lanes.release(webhookId);
  };
  return { lanes, sent, give, end };
}

const names = (parcels: readonly Parcel[]): string[] =>
  parcels.map(({ webhookId, number }) => `${webhookId}${number}`);

describe('Lanes', () => {
  it('sends no more to a webhook at once than it may, and the next when one has ended', () => {
    const { sent, give, end } = trial();
    give('a', 3);
    expect(names(sent)).toEqual(['a1', 'a2']);
    end('a');
    expect(names(sent)).toEqual(['a1', 'a2', 'a3']);
  });

  it('gives a webhook its turn although a busy one has more', () => {
    const { sent, give, end } = trial({ perWebhook: 2, overall: 2 });
    give('a', 4);
    give('b', 1);
    end('a');
    end('a');
    expect(names(sent)).toContain('b1');
  });

  it('wants nothing of a webhook that nobody announced, and its free room of one that was', () => {
    const { lanes, give } = trial();
    give('a', 1);
    expect(lanes.takeWanted()).toEqual(new Map());
    lanes.announce('a');
    lanes.announce('b');
    expect(lanes.takeWanted()).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
  });

  it('keeps an announcement that comes while a claim is under way', () => {
    const { lanes } = trial();
    lanes.announce('a');
    lanes.takeWanted();
    lanes.announce('a');
    expect(lanes.takeWanted()).toEqual(new Map([['a', 2]]));
  });

  it('holds more ready for a quick receiver than for a slow one', () => {
    const { lanes, give, end } = trial({ perWebhook: 2, overall: 100 });
    give('quick', 2);
    give('slow', 2);
    end('quick', 5);
    end('slow', 5_000);
    lanes.announce('quick');
    lanes.announce('slow');
    expect(lanes.takeWanted()).toEqual(
      new Map([
        ['quick', 9],
        ['slow', 1],
      ]),
    );
  });

  it('reserves no room past what is due already: older work goes first', () => {
    const { lanes } = trial();
    expect(lanes.reserve('a')).toBe(true);
    lanes.announce('a');
    expect(lanes.reserve('a')).toBe(false);
  });

  it('gives out what has not begun when it is drained', () => {
    const { lanes, sent, give } = trial();
    give('a', 3);
    expect(names(lanes.drain())).toEqual(['a3']);
    expect(names(sent)).toEqual(['a1', 'a2']);
  });

  it('never exceeds its limits and sends everything in the end, in order, whatever the order of ends', () => {
    const step = fc.record({ webhookId: fc.constantFrom('a', 'b', 'c'), isArrival: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { lanes, sent } = trial({ perWebhook: 2, overall: 3 });
        const ended = new Map<string, number>();
        let arrived = 0;
        const underWay = (webhookId: string): number =>
          sent.filter((item) => item.webhookId === webhookId).length - (ended.get(webhookId) ?? 0);
        const endOne = (webhookId: string): void => {
          if (underWay(webhookId) === 0) return;
          ended.set(webhookId, (ended.get(webhookId) ?? 0) + 1);
          lanes.sent(webhookId, 1);
          lanes.release(webhookId);
        };
        const isWithinLimits = (): boolean => {
          const counts = ['a', 'b', 'c'].map(underWay);
          return (
            counts.every((count) => count <= 2) && counts.reduce((sum, count) => sum + count) <= 3
          );
        };
        for (const { webhookId, isArrival } of steps) {
          if (isArrival) {
            lanes.hold(webhookId);
            lanes.start({ webhookId, number: ++arrived });
          } else endOne(webhookId);
          expect(isWithinLimits()).toBe(true);
        }
        for (let turn = 0; turn <= arrived; turn++) for (const id of ['a', 'b', 'c']) endOne(id);
        expect(sent.length).toBe(arrived);
        for (const id of ['a', 'b', 'c']) {
          const numbers = sent.filter((item) => item.webhookId === id).map((item) => item.number);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
