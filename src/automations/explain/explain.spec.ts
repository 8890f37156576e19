import type { Fault } from '../../errors.js';
import type { EventDelivery } from '../../deliveries/index.js';
import type { Outcome } from '../evaluation/index.js';
import { type PastRule, surpriseOf, verdictOf } from './explain.js';
import { excerptOf } from './explain-excerpt.js';

const ON = { enabled: true, reason: null };

const rule = (differences: Partial<PastRule> = {}): PastRule => ({
  id: 'a1',
  automation: { id: 'a1', name: 'Promotions' },
  webhook: { id: 'w1', name: 'CRM' },
  revision: 3,
  triggers: ['user.*'],
  state: ON,
  webhookState: ON,
  ...differences,
});

const delivery = (fault: Fault | null = null): EventDelivery => ({
  id: 'd1',
  automationId: 'a1',
  webhookId: 'w1',
  revision: 3,
  status: fault ? 'failed' : 'delivered',
  fault,
});

const past = { event: { type: 'user.created', targetWebhookId: null }, isDispatched: true };
const other = { ...past, event: { type: 'rankrecord.created', targetWebhookId: null } };

describe('what became of a rule', () => {
  it('is that it is not subscribed, with its triggers and the type', () => {
    expect(verdictOf(rule(), other, undefined)).toEqual({
      outcome: 'not_subscribed',
      message: 'Not subscribed: its triggers are user.*; the event is rankrecord.created.',
    });
    const triggers = ['a.b', 'c.d', 'e.f', 'g.h', 'i.j', 'k.l', 'm.n'];
    expect(verdictOf(rule({ triggers }), other, undefined).message).toMatch(
      /are a\.b, c\.d, e\.f, g\.h, i\.j and 2 more;/,
    );
  });

  it('is that a test event is for one webhook alone', () => {
    const event = { type: 'webhook.test', targetWebhookId: 'w1' };
    const test = { event, isDispatched: true };
    expect(verdictOf(rule({ triggers: ['*'] }), test, undefined)).toMatchObject({
      outcome: 'not_subscribed',
      message: expect.stringContaining('test event'),
    });
    const plain = rule({ id: 'w1', automation: null, triggers: [] });
    const waiting = { event, isDispatched: false };
    expect(verdictOf(plain, waiting, undefined).outcome).toBe('not_yet_dispatched');
  });

  it('is that it was off, or its webhook was, and why', () => {
    const off = { enabled: false, reason: 'It was stopped 5 times.' };
    expect(verdictOf(rule({ state: off }), past, undefined)).toEqual({
      outcome: 'disabled',
      message: 'Disabled: It was stopped 5 times.',
    });
    const webhookState = { enabled: false, reason: null };
    expect(verdictOf(rule({ webhookState }), past, undefined)).toEqual({
      outcome: 'disabled',
      message: 'Disabled: its webhook "CRM" was off.',
    });
    const gone = { enabled: false, reason: 'gone' };
    expect(verdictOf(rule({ webhookState: gone }), past, undefined).message).toBe(
      'Disabled: its webhook "CRM" was off: its receiver had answered 410 Gone.',
    );
  });

  it('is not subscribed rather than disabled, when it is both', () => {
    const state = { enabled: false, reason: null };
    expect(verdictOf(rule({ state }), other, undefined).outcome).toBe('not_subscribed');
  });

  it('is that its condition did not hold, when it made nothing', () => {
    expect(verdictOf(rule(), past, undefined).outcome).toBe('condition_false');
    const waiting = { ...past, isDispatched: false };
    expect(verdictOf(rule(), waiting, undefined).outcome).toBe('not_yet_dispatched');
  });

  it('is what the log says, whatever the rule looks like', () => {
    const made = delivery();
    expect(verdictOf(rule({ triggers: [] }), past, made)).toEqual({
      outcome: 'matched',
      message: 'It fired. The delivery is delivered.',
      delivery: made,
    });
    const fault = { path: 'template', code: 'not_json', message: 'Not JSON.', line: 2, column: 8 };
    expect(verdictOf(rule(), past, delivery(fault)).outcome).toBe('template_failed');
    const broken = { path: 'condition.and[0]', code: 'too_many_steps', message: 'Too many steps.' };
    expect(verdictOf(rule(), past, delivery(broken))).toMatchObject({
      outcome: 'condition_failed',
      message: 'Its condition could not be evaluated: Too many steps.',
    });
  });
});

describe('a rule that had to be stopped', () => {
  it.each([
    'evaluation_timeout',
    'evaluation_out_of_memory',
    'evaluation_crashed',
    'evaluation_stopped',
  ])('by %s is not said to have a condition that held', (code) => {
    // Deliveries of an older version say `template`, though nobody knew.
    for (const path of ['', 'template']) {
      const fault = { path, code, message: 'Too long.' };
      expect(verdictOf(rule(), past, delivery(fault))).toMatchObject({
        outcome: 'stopped',
        message: 'It had to be stopped: Too long.',
      });
    }
  });
});

const failedAt = (path: string, stopped?: true): Outcome => ({
  kind: 'failed',
  fault: { path, code: 'c', message: 'Too long.' },
  ...(stopped && { stopped }),
});

describe('a condition that did not hold, evaluated again', () => {
  it('says nothing new when it does not hold', () => {
    expect(surpriseOf({ kind: 'not_matched' })).toBeUndefined();
  });

  it.each<[string, Outcome, string]>([
    ['holds', { kind: 'rendered', body: '', contentType: '' }, 'yet its condition holds'],
    ['holds, and the payload fails', failedAt('template'), 'yet its condition holds'],
    ['fails', failedAt('condition.and[0]'), 'could not be evaluated again: Too long.'],
    ['has to be stopped', failedAt('', true), 'could not be evaluated again: Too long.'],
  ])('says so when it %s', (_, again, expected) => {
    expect(surpriseOf(again)).toContain(expected);
  });
});

describe('an excerpt', () => {
  it('shows the lines around a place, and the place', () => {
    const template = ['{', '  "a": 1,', '  "b": {{ x }},', '  "c": 3', '}'].join('\n');
    expect(excerptOf(template, 3, 11)).toBe(
      [
        '1 | {',
        '2 |   "a": 1,',
        '3 |   "b": {{ x }},',
        '  |           ^',
        '4 |   "c": 3',
        '5 | }',
      ].join('\n'),
    );
  });

  it('cuts long lines so that the place is seen', () => {
    const template = `${'x'.repeat(300)}{{ here }}${'y'.repeat(300)}`;
    const [shown = '', caret = ''] = (excerptOf(template, 1, 304) ?? '').split('\n');
    expect(shown.length).toBeLessThan(120);
    expect(shown.slice(caret.indexOf('^')).startsWith('here }}')).toBe(true);
  });

  it('numbers lines of different widths below each other', () => {
    const template = Array.from({ length: 12 }, () => 'x').join('\n');
    const rows = excerptOf(template, 10, 1)?.split('\n');
    expect(rows).toEqual([' 8 | x', ' 9 | x', '10 | x', '   | ^', '11 | x', '12 | x']);
  });

  it('of a place that is not there is none', () => {
    expect(excerptOf('a', 7, 1)).toBeUndefined();
  });
});
