import type { StoredEvent } from '../event-bus/index.js';
import { type CompiledRule, contextOf, evaluate, type Evaluation } from './evaluate.js';
import { ruleOfAutomation } from './rule.js';
import { compileTemplate } from './template/index.js';

const NOW = '2026-11-21T20:00:00.000Z';
const event: StoredEvent = {
  id: 'e',
  workspaceId: 's',
  type: 'user.created',
  sourceId: null,
  data: { name: 'Ada "Lady" Lovelace', points: 120 },
  changes: { points: { old: 90, new: 120 } },
  actor: { id: 1 },
  occurredAt: '2026-11-21T19:00:00.000Z',
  createdAt: '2026-11-21T19:00:01.000Z',
  targetWebhookId: null,
};

interface Differences {
  condition?: CompiledRule['condition'];
  template?: string;
  method?: 'GET' | 'POST';
}

function ruleWith({
  condition = null,
  template = '{}',
  method = 'POST',
}: Differences): CompiledRule {
  const compiled = compileTemplate(template);
  if (!compiled.ok) throw new Error(compiled.faults[0]?.message);
  const automation = {
    id: 'a',
    workspaceId: 's',
    name: 'Promotions',
    triggers: ['*'],
    condition,
    template,
    webhookId: 'w',
    priority: 0,
    revision: 1,
  };
  const webhook = { id: 'w', name: 'CRM', method };
  return { ...ruleOfAutomation(automation, webhook), compiled };
}

const context = contextOf(event, { id: 's', name: 'Acme' }, NOW);
const evaluated = (differences: Differences): Evaluation =>
  evaluate(ruleWith(differences), context, 'd');

describe('evaluate', () => {
  it('renders when there is no condition, or when it holds', () => {
    const template = '{"text": "{{ data.name }}"}';
    const rendered = { kind: 'rendered', body: '{"text": "Ada \\"Lady\\" Lovelace"}' };
    expect(evaluated({ template })).toEqual(rendered);
    const condition = { '>=': [{ var: 'data.points' }, 100] };
    expect(evaluated({ template, condition })).toEqual(rendered);
    expect(evaluated({ template, condition: true })).toEqual(rendered);
  });

  it('does not render when the condition does not hold', () => {
    const condition = { '<': [{ var: 'data.points' }, 100] };
    expect(evaluated({ condition, template: '{{ 1 // 0 }}' })).toEqual({ kind: 'not_matched' });
    expect(evaluated({ condition: false })).toEqual({ kind: 'not_matched' });
  });

  it('lets a condition see the event, the workspace and the time', () => {
    const facts: [string, string | number][] = [
      ['event.type', 'user.created'],
      ['event.id', 'e'],
      ['changes.points.old', 90],
      ['actor.id', 1],
      ['workspace.name', 'Acme'],
      ['now', NOW],
    ];
    for (const [path, value] of facts) {
      const condition = { '===': [{ var: path }, value] };
      expect(evaluated({ condition })).toMatchObject({ kind: 'rendered' });
    }
  });

  it('lets a template see the rule and the delivery as well', () => {
    const names = ['automation.id', 'automation.name', 'webhook.name', 'delivery.id', 'event.type'];
    const template = `[${names.map((name) => `{{ ${name}|json }}`).join()}]`;
    expect(evaluated({ template })).toEqual({
      kind: 'rendered',
      body: '["a","Promotions","CRM","d","user.created"]',
    });
  });

  it('fails with the place when the condition cannot be evaluated', () => {
    const result = evaluated({ condition: { nope: [1] } });
    expect(result).toMatchObject({ kind: 'failed', fault: { path: 'condition' } });
  });

  it('fails with the place when the template cannot cope', () => {
    expect(evaluated({ template: '{\n "a": {{ data.name }}\n}' })).toMatchObject({
      kind: 'failed',
      fault: { path: 'template', code: 'not_json', line: 2 },
    });
  });

  it('fails for a GET whose body is no object, since its fields become the query', () => {
    for (const template of ['[1]', '"text"', '7', 'null'])
      expect(evaluated({ template, method: 'GET' })).toMatchObject({
        kind: 'failed',
        fault: { code: 'get_body_not_object' },
      });
    expect(evaluated({ template: '{"a": 1}', method: 'GET' })).toMatchObject({ kind: 'rendered' });
  });

  it('never changes the event', () => {
    const before = JSON.stringify(event);
    evaluated({
      condition: { merge: [{ var: 'data' }, [1]] },
      template: '{% set data = data|merge({x: 1}) %}{{ data|json }}',
    });
    expect(JSON.stringify(event)).toBe(before);
  });
});
