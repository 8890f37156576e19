import * as fc from 'fast-check';
import { Lanes } from './lanes.js';
import type { Pressure } from './pace.js';

interface Parcel {
  workspaceId: string;
  webhookId: string;
  number: number;
}

/** The workspace of a webhook `x/1` is x; of a webhook `a`, w. */
const place = (webhookId: string) => {
  const [workspaceId = '', ...rest] = webhookId.split('/');
  return { webhookId, workspaceId: rest.length > 0 ? workspaceId : 'w' };
};

/** Lanes whose sending is only written down, with the ends of requests in the test's hands. */
function trial(limits: { perWebhook?: number; overall?: number } = {}) {
  const sent: Parcel[] = [];
  const lanes = new Lanes<Parcel>({ perWebhook: 2, overall: 8, ...limits }, (item) =>
    sent.push(item),
  );
  const give = (webhookId: string, count: number): void => {
    for (let number = 1; number <= count; number++) {
      lanes.hold(place(webhookId));
      lanes.start({ ...place(webhookId), number });
    }
  };
  const end = (webhookId: string, durationMs = 1, pressure: Pressure = 'ok'): void => {
    lanes.sent(place(webhookId), { durationMs, pressure });
    lanes.release(place(webhookId));
  };
  /** Announces webhooks whose workspaces are known. */
  const announce = (...webhookIds: string[]): void => {
    for (const id of webhookIds) lanes.announce(id, place(id).workspaceId);
  };
  return { lanes, sent, give, end, announce };
}

const names = (parcels: readonly Parcel[]): string[] =>
  parcels.map(({ webhookId, number }) => `${webhookId}${number}`);

const countOf = (parcels: readonly Parcel[], workspaceId: string): number =>
  parcels.filter((parcel) => parcel.workspaceId === workspaceId).length;

describe('turns', () => {
  it('are no more than a webhook may have at once, and the next comes when a request has ended', () => {
    const { sent, give, end } = trial();
    give('a', 3);
    expect(names(sent)).toEqual(['a1', 'a2']);
    end('a');
    expect(names(sent)).toEqual(['a1', 'a2', 'a3']);
  });

  it('come to a webhook although a busy one has more', () => {
    const { sent, give, end } = trial({ perWebhook: 2, overall: 4 });
    give('a', 4);
    give('b', 1);
    end('a');
    end('a');
    expect(names(sent)).toContain('b1');
  });

  it('go round between workspaces, however many webhooks one of them has', () => {
    const { sent, give, end } = trial({ perWebhook: 1, overall: 2 });
    give('small/1', 1);
    give('big/1', 3);
    for (const id of ['big/2', 'big/3', 'big/4']) give(id, 3);
    give('small/2', 1);
    end('big/1');
    end('small/1');
    expect(countOf(sent.slice(2), 'small')).toBe(1);
  });

  it('never take all places for one workspace while there is another', () => {
    const { sent, give } = trial({ perWebhook: 4, overall: 8 });
    give('quiet/1', 1);
    for (const id of ['busy/1', 'busy/2', 'busy/3']) give(id, 4);
    expect(countOf(sent, 'busy')).toBe(4);
    give('late/1', 4);
    expect(countOf(sent, 'late')).toBeGreaterThan(0);
  });
});

describe('what is wanted', () => {
  it('is nothing for a webhook that nobody announced, and its free room for one that was', () => {
    const { lanes, give, announce } = trial();
    give('a', 1);
    expect(lanes.takeWanted()).toEqual(new Map());
    announce('a', 'b');
    expect(lanes.takeWanted()).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
  });

  it('is one for a webhook of which nobody knows whose it is', () => {
    const { lanes } = trial();
    lanes.announce('a');
    expect(lanes.takeWanted()).toEqual(new Map([['a', 1]]));
  });

  it('keeps an announcement that comes while a claim is under way', () => {
    const { lanes, announce } = trial();
    announce('a');
    lanes.takeWanted();
    announce('a');
    expect(lanes.takeWanted()).toEqual(new Map([['a', 2]]));
  });

  it('is more for a quick receiver than for a slow one', () => {
    const { lanes, give, end, announce } = trial({ perWebhook: 2, overall: 100 });
    give('quick', 2);
    give('slow', 2);
    give('middling', 2);
    end('quick', 5);
    end('middling', 100);
    end('slow', 5_000);
    announce('quick', 'middling', 'slow');
    expect(lanes.takeWanted()).toEqual(
      new Map([
        ['quick', 31],
        ['middling', 5],
        ['slow', 1],
      ]),
    );
  });

  it('leaves room for others, however many webhooks of one workspace have something due', () => {
    const { lanes, announce } = trial({ perWebhook: 10, overall: 10 });
    lanes.hold(place('other/1'));
    announce(...Array.from({ length: 20 }, (_, index) => `hog/${index}`));
    const wanted = [...lanes.takeWanted().values()].reduce((sum, slots) => sum + slots);
    expect(wanted).toBeLessThanOrEqual(25);
    expect(wanted).toBeGreaterThanOrEqual(20);
  });

  it('is not reserved past what is due already: older work goes first', () => {
    const { lanes, announce } = trial();
    expect(lanes.reserve(place('a'))).toBe(true);
    announce('a');
    expect(lanes.reserve(place('a'))).toBe(false);
  });
});

describe('a lane', () => {
  it('that is paused sends nothing and wants nothing, until it goes on', () => {
    const { lanes, sent, give, announce } = trial();
    expect([lanes.pause('a'), lanes.pause('a')]).toEqual([true, false]);
    give('a', 1);
    give('b', 1);
    announce('a');
    expect([names(sent), lanes.takeWanted().size, lanes.reserve(place('a'))]).toEqual([
      ['b1'],
      0,
      false,
    ]);
    lanes.resume('a');
    expect(names(sent)).toEqual(['b1', 'a1']);
    expect(lanes.takeWanted()).toEqual(new Map([['a', 1]]));
  });

  it('gets back first what had its turn and was not sent', () => {
    const { lanes, sent, give } = trial({ perWebhook: 1 });
    give('a', 2);
    lanes.pause('a');
    lanes.putBack({ ...place('a'), number: 1 });
    lanes.resume('a');
    expect(names(sent)).toEqual(['a1', 'a1']);
  });

  it('is half as wide for a target that is overloaded, and grows again with each round of successes', () => {
    const { sent, give, end } = trial({ perWebhook: 4, overall: 100 });
    give('a', 40);
    for (let times = 0; times < 4; times++) end('a', 1, 'overloaded');
    expect(sent).toHaveLength(4 + 2);
    end('a');
    end('a');
    expect(sent).toHaveLength(8);
    for (let times = 0; times < 8; times++) end('a');
    expect(sent).toHaveLength(14 + 4);
  });

  it('is one wide after ten failures in a row, of whatever kind', () => {
    const { sent, give, end } = trial({ perWebhook: 8, overall: 100 });
    give('a', 40);
    for (let count = 0; count < 9; count++) end('a', 1, 'neutral');
    end('a');
    for (let count = 0; count < 9; count++) end('a', 1, 'neutral');
    expect(sent).toHaveLength(8 + 19);
    for (let count = 0; count < 8; count++) end('a', 1, 'neutral');
    expect(sent).toHaveLength(8 + 19 + 1);
  });

  it('is one wide when it was slowed down', () => {
    const { lanes, sent, give, end } = trial();
    lanes.slowDown('a');
    give('a', 5);
    expect(sent).toHaveLength(1);
    end('a');
    expect(sent).toHaveLength(3);
  });

  it('gives out what has not begun', () => {
    const { lanes, sent, give } = trial();
    give('a', 3);
    expect(names(lanes.withdraw(() => true))).toEqual(['a3']);
    expect(names(sent)).toEqual(['a1', 'a2']);
  });
});

it('nothing is sent while all is halted', () => {
  const { lanes, sent, give } = trial();
  lanes.halt();
  give('a', 1);
  expect(sent).toEqual([]);
  lanes.proceed();
  expect(names(sent)).toEqual(['a1']);
});

it('limits hold and everything is sent in the end, in order, whatever the order of ends', () => {
  const webhooks = ['x/1', 'x/2', 'y/1'];
  const step = fc.record({ webhookId: fc.constantFrom(...webhooks), isArrival: fc.boolean() });
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
        lanes.sent(place(webhookId), { durationMs: 1, pressure: 'ok' });
        lanes.release(place(webhookId));
      };
      const isWithinLimits = (): boolean => {
        const counts = webhooks.map(underWay);
        return (
          counts.every((count) => count <= 2) && counts.reduce((sum, count) => sum + count) <= 3
        );
      };
      for (const { webhookId, isArrival } of steps) {
        if (isArrival) {
          lanes.hold(place(webhookId));
          lanes.start({ ...place(webhookId), number: ++arrived });
        } else endOne(webhookId);
        expect(isWithinLimits()).toBe(true);
      }
      for (let turn = 0; turn <= arrived; turn++) for (const id of webhooks) endOne(id);
      expect(sent.length).toBe(arrived);
      for (const id of webhooks) {
        const numbers = sent.filter((item) => item.webhookId === id).map((item) => item.number);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    }),
  );
});
