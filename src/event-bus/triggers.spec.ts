import * as fc from 'fast-check';
import { checkTriggers, isTrigger, matchesTrigger } from './triggers.js';

const KNOWN = ['user.created', 'user.updated', 'rankrecord.created', 'billing.invoice.paid'];

describe('isTrigger', () => {
  it.each(['user.created', 'user.*', '*.created', '*', 'billing.invoice.*', '*.invoice.paid'])(
    'accepts %s',
    (text) => expect(isTrigger(text)).toBe(true),
  );

  it.each([
    '',
    'user',
    'user*',
    '*user',
    '**',
    '*.*',
    'user.*.created',
    '.*',
    '*.',
    'User.*',
    'a b.*',
  ])('refuses %j', (text) => expect(isTrigger(text)).toBe(false));
});

describe('matchesTrigger', () => {
  it.each([
    ['user.created', 'user.created', true],
    ['user.created', 'user.created.twice', false],
    ['user.*', 'user.created', true],
    ['user.*', 'username.created', false],
    ['billing.*', 'billing.invoice.paid', true],
    ['*.created', 'rankrecord.created', true],
    ['*.created', 'rankrecord.recreated', false],
    ['*.invoice.paid', 'billing.invoice.paid', true],
    ['*', 'webhook.test', true],
  ])('%s on %s: %s', (trigger, eventType, matches) => {
    expect(matchesTrigger(trigger, eventType)).toBe(matches);
  });

  it('matches each name by itself, by its first and by its last word', () => {
    const word = fc.stringMatching(/^[a-z0-9_]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 4 }), (words) => {
        const name = words.join('.');
        for (const trigger of [name, `${words[0]}.*`, `*.${words.at(-1)}`, '*']) {
          expect(isTrigger(trigger)).toBe(true);
          expect(matchesTrigger(trigger, name)).toBe(true);
        }
        expect(matchesTrigger(`${words[0]}x.*`, name)).toBe(false);
      }),
    );
  });
});

describe('checkTriggers', () => {
  it('accepts known names and any well-formed wildcard', () => {
    expect(
      checkTriggers(['user.created', 'user.*', '*.paid', '*'], {
        names: KNOWN,
        acceptsUnknown: false,
      }),
    ).toEqual([]);
    expect(checkTriggers(['not_yet_known.*'], { names: KNOWN, acceptsUnknown: false })).toEqual([]);
  });

  it('points at each fault', () => {
    const triggers = ['user.created', 'user.craeted', 'user.created', 'User Created', 'shop.sold'];
    expect(checkTriggers(triggers, { names: KNOWN, acceptsUnknown: false })).toMatchObject([
      { path: '[1]', code: 'unknown_event_type' },
      { path: '[2]', code: 'duplicate_trigger' },
      { path: '[3]', code: 'invalid_trigger' },
      { path: '[4]', code: 'unknown_event_type' },
    ]);
  });

  it('offers the nearest known name, where one is near', () => {
    const messages = checkTriggers(['user.craeted', 'shop.sold'], {
      names: KNOWN,
      acceptsUnknown: false,
    }).map((f) => f.message);
    expect(messages).toEqual([
      'is not an event type of this workspace; did you mean "user.created"?',
      'is not an event type of this workspace; GET /v1/event-types lists them',
    ]);
  });

  it('allows a hundred and no more', () => {
    const names = Array.from({ length: 101 }, (_, index) => `custom.type_${index}`);
    expect(checkTriggers(names.slice(1), { names, acceptsUnknown: false })).toEqual([]);
    expect(checkTriggers(names, { names, acceptsUnknown: false })).toMatchObject([
      { path: '', code: 'too_many_triggers' },
    ]);
  });
});

it('tells of twenty wrong triggers and no more', () => {
  const triggers = Array.from({ length: 100 }, (_, index) => `user.craeted${index}`);
  const faults = checkTriggers(triggers, { names: ['user.created'], acceptsUnknown: false });
  expect(faults).toHaveLength(20);
});
