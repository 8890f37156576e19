import * as fc from 'fast-check';
import {
  compareRules,
  isConcerned,
  type Rule,
  ruleOfAutomation,
  ruleOfWebhook,
  wasEnabled,
} from './rule.js';

const webhook = {
  id: 'w',
  workspaceId: 's',
  name: 'CRM',
  method: 'GET' as const,
  events: ['user.*'],
  revision: 4,
  ordered: false,
  orderingKey: null,
};
const automation = {
  id: 'a',
  workspaceId: 's',
  name: 'Promotions',
  triggers: ['rankrecord.created'],
  condition: { '>': [{ var: 'data.points' }, 1] },
  template: '{}',
  templateFormat: 'json-text' as const,
  contentType: null,
  webhookId: 'w',
  priority: 5,
  revision: 2,
};

const event = (type: string, targetWebhookId: string | null = null) => ({ type, targetWebhookId });

describe('a rule', () => {
  it('of a plain webhook has no condition and the default payload', () => {
    expect(ruleOfWebhook(webhook)).toEqual({
      id: 'w',
      automation: null,
      webhook: { id: 'w', name: 'CRM', method: 'GET' },
      workspaceId: 's',
      revision: 4,
      triggers: ['user.*'],
      condition: null,
      template: null,
      templateFormat: 'json-text',
      contentType: null,
      priority: 0,
    });
  });

  it('of an automation goes to its webhook and counts its own revisions', () => {
    expect(ruleOfAutomation(automation, webhook)).toEqual({
      id: 'a',
      automation: { id: 'a', name: 'Promotions' },
      webhook: { id: 'w', name: 'CRM', method: 'GET' },
      workspaceId: 's',
      revision: 2,
      triggers: automation.triggers,
      condition: automation.condition,
      template: '{}',
      templateFormat: 'json-text',
      contentType: null,
      priority: 5,
    });
  });

  it('of an ordered webhook knows by what', () => {
    const ordered = { ...webhook, ordered: true, orderingKey: 'data.id' };
    expect(ruleOfWebhook(ordered).webhook.orderedBy).toBe('data.id');
    expect(ruleOfAutomation(automation, ordered).webhook.orderedBy).toBe('data.id');
    const whole = { ...ordered, orderingKey: null };
    expect(ruleOfWebhook(whole).webhook.orderedBy).toBeNull();
  });
});

describe('the order of rules', () => {
  it('is that of priority, then of id, in whatever order they come', () => {
    const rule = fc.record({ id: fc.uuid(), priority: fc.integer({ min: -2, max: 2 }) });
    const rules = fc.uniqueArray(rule, { selector: ({ id }) => id });
    const base = ruleOfWebhook(webhook);
    fc.assert(
      fc.property(rules, (list) => {
        const sorted = list.map((differences): Rule => ({ ...base, ...differences }));
        const keys = sorted
          .toSorted(compareRules)
          .map(({ priority, id }) => [priority, id] as const);
        for (const [index, [priority, id]] of keys.entries()) {
          const [nextPriority, nextId] = keys[index + 1] ?? [Infinity, ''];
          expect(priority < nextPriority || (priority === nextPriority && id < nextId)).toBe(true);
        }
      }),
    );
  });
});

describe('wasEnabled', () => {
  const disabledAt = new Date('2026-01-02T12:00:00.000Z');
  const before = { createdAt: '2026-01-02T11:59:59.999Z' };
  const after = { createdAt: disabledAt.toISOString() };

  it('of a disabled webhook asks whether the event was accepted before', () => {
    const off = { ...webhook, disabledAt };
    for (const rule of [ruleOfWebhook(off), ruleOfAutomation(automation, off)]) {
      expect(wasEnabled(rule, before)).toBe(true);
      expect(wasEnabled(rule, after)).toBe(false);
    }
  });

  it('is true of whatever is enabled', () => {
    const on = ruleOfWebhook({ ...webhook, disabledAt: null });
    expect(wasEnabled(on, after)).toBe(true);
  });
});

describe('isConcerned', () => {
  const plain = ruleOfWebhook(webhook);
  const made = ruleOfAutomation(automation, webhook);
  it('asks the triggers', () => {
    expect(isConcerned(plain, event('user.created'))).toBe(true);
    expect(isConcerned(plain, event('rankrecord.created'))).toBe(false);
    expect(isConcerned(made, event('rankrecord.created'))).toBe(true);
    expect(isConcerned({ ...plain, triggers: [] }, event('user.created'))).toBe(false);
  });

  it('gives a test event to its own webhook alone, whatever triggers say', () => {
    const test = event('webhook.test', 'w');
    expect(isConcerned({ ...plain, triggers: [] }, test)).toBe(true);
    expect(isConcerned({ ...made, triggers: ['*'] }, test)).toBe(false);
    const other = ruleOfWebhook({ ...webhook, id: 'x', events: ['*'] });
    expect(isConcerned(other, test)).toBe(false);
  });
});
