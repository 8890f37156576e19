import { BacktestTally, type Sent, type Tried } from './backtest.js';

const event = (id: string) => ({
  id,
  type: 'user.created',
  occurredAt: '2026-11-21T20:00:00.000Z',
  createdAt: '2026-11-21T20:00:01.000Z',
});
const rendered = (body: string): Tried => ({
  kind: 'rendered',
  body,
  contentType: 'application/json',
});
const nothing: Tried = { kind: 'not_matched' };
const fault = { path: 'template', code: 'not_json', message: 'Not JSON.' };
const failed: Tried = { kind: 'failed', fault };
const sent = (body: string | null): Sent => ({
  deliveryId: 'd',
  body,
  contentType: 'application/json',
});

function found(trials: [Tried, Sent | undefined][], isCompared = true) {
  const tally = new BacktestTally({ isCompared });
  for (const [index, [tried, was]] of trials.entries())
    tally.add({ event: event(`e${index}`), tried, sent: was });
  return tally.findings;
}

describe('the tally of a backtest', () => {
  it('counts what is tried, matches and fails', () => {
    const findings = found([
      [rendered('1'), undefined],
      [nothing, undefined],
      [failed, undefined],
    ]);
    expect(findings).toMatchObject({ tried: 3, matched: 2, failed: 1 });
    expect(findings.matches).toEqual([
      { ...withoutId('e0'), outcome: 'rendered', body: '1' },
      { ...withoutId('e2'), outcome: 'failed', fault },
    ]);
  });

  it('keeps a hundred matches, and twenty bodies of a megabyte in all', () => {
    const many = Array.from({ length: 150 }, (): [Tried, undefined] => [rendered('1'), undefined]);
    const findings = found(many);
    expect(findings).toMatchObject({ matched: 150 });
    expect(findings.matches).toHaveLength(100);
    expect(findings.matches.filter(({ body }) => body)).toHaveLength(20);
    const large = rendered(`"${'x'.repeat(600_000)}"`);
    const shown = found([
      [large, undefined],
      [large, undefined],
      [rendered('1'), undefined],
    ]).matches.map(({ body }) => body?.length);
    expect(shown).toEqual([600_002, undefined, 1]);
  });

  it('compares with what was sent only where something was', () => {
    expect(found([[rendered('1'), undefined]], false).comparison).toBeNull();
  });

  it.each<[string, Tried, Sent | undefined, object]>([
    ['fires and did not', rendered('1'), undefined, { newlyMatched: 1 }],
    ['fires and fails, and did not', failed, undefined, { newlyMatched: 1 }],
    ['fired and does not', nothing, sent('1'), { noLongerMatched: 1 }],
    ['says something else', rendered('2'), sent('1'), { changedBody: 1 }],
    [
      'says something else under another name',
      { ...rendered('1'), contentType: 'text/plain' } as Tried,
      sent('1'),
      { changedBody: 1 },
    ],
    ['fails and did not', failed, sent('1'), { changedBody: 1 }],
    ['failed and does not', rendered('1'), sent(null), { changedBody: 1 }],
    ['failed and still fails', failed, sent(null), {}],
    ['says the same', rendered('1'), sent('1'), {}],
    ['did nothing and does nothing', nothing, undefined, {}],
  ])('sees what %s', (_, tried, was, expected) => {
    const { comparison } = found([[tried, was]]);
    const counts = Object.entries(comparison ?? {}).map(([kind, { count }]) => [kind, count]);
    expect(Object.fromEntries(counts)).toEqual({
      newlyMatched: 0,
      noLongerMatched: 0,
      changedBody: 0,
      ...expected,
    });
  });

  it('shows the line in which a JSON body differs', () => {
    const { comparison } = found([[rendered('{"a":1,"b":2}'), sent('{"a":1,"b":3}')]]);
    const [difference] = comparison?.changedBody.events ?? [];
    expect(difference).toMatchObject({ eventId: 'e0', deliveryId: 'd' });
    expect(difference?.lines).toContain('-  "b": 3\n+  "b": 2');
  });

  it('keeps a hundred differences, and compares no long bodies', () => {
    const [before = '', after = ''] = ['1', '2'].map((digit) => `"${digit.repeat(64 * 1024)}"`);
    const trials = Array.from({ length: 150 }, (): [Tried, Sent] => [
      rendered(after),
      sent(before),
    ]);
    const { comparison } = found(trials);
    expect(comparison?.changedBody).toMatchObject({ count: 150 });
    expect(comparison?.changedBody.events).toHaveLength(100);
    expect(JSON.stringify(comparison).length).toBeLessThan(100_000);
  });
});

function withoutId(eventId: string) {
  const { type, occurredAt, createdAt: now } = event(eventId);
  return { eventId, type, occurredAt, now };
}
