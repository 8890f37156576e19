import { CONTEXT_NAMES } from '../context/context.js';
import type { Rule } from '../rules/rule.js';
import { Evaluator } from './evaluator.js';
import type { Result, Task, Trial } from './messages.js';
import type { Outcome } from './outcome.js';
import { event, NOW, threadSettings, trialOf } from './trial.fixture.js';
import { toWire } from './wire.js';

function answersTo(tasks: readonly Task[]): Result[] {
  return new Evaluator(threadSettings, () => 0).answer(toWire(tasks)).results;
}

function outcomeOf(trial: Trial): Outcome {
  const [result] = answersTo([{ kind: 'try', trial }]);
  if (result?.kind !== 'tried') throw new Error('not tried');
  return result.outcome;
}

const evaluated = (differences: Partial<Rule>): Outcome => outcomeOf(trialOf(differences));

const asGet = { id: 'w', name: 'CRM', method: 'GET' as const };

describe('a rule that is tried on an event', () => {
  it('renders when there is no condition, or when it holds', () => {
    const template = '{"text": "{{ data.name }}"}';
    const rendered = { kind: 'rendered', body: '{"text": "Ada \\"Lady\\" Lovelace"}' };
    expect(evaluated({ template })).toMatchObject(rendered);
    const condition = { '>=': [{ var: 'data.points' }, 100] };
    expect(evaluated({ template, condition })).toMatchObject(rendered);
    expect(evaluated({ template, condition: true })).toMatchObject(rendered);
  });

  it('does not render when the condition does not hold', () => {
    const condition = { '<': [{ var: 'data.points' }, 100] };
    expect(evaluated({ condition, template: '{{ 1 // 0 }}' })).toEqual({ kind: 'not_matched' });
    expect(evaluated({ condition: false })).toEqual({ kind: 'not_matched' });
  });

  it('sends the default payload when it has no template, and that is the value of "envelope"', () => {
    const payload = evaluated({ template: null });
    expect(payload).toMatchObject({ kind: 'rendered', contentType: 'application/json' });
    const envelope = evaluated({ template: '{{ envelope|json }}' });
    expect(JSON.parse(bodyOf(payload))).toEqual(JSON.parse(bodyOf(envelope)));
    expect(JSON.parse(bodyOf(payload))).toEqual({
      event: 'user.created',
      created: event.createdAt,
      request_id: 'd',
      trace_id: 'e',
      data: event.data,
      changes: event.changes,
    });
  });

  const facts: [string, unknown][] = [
    ['event.type', 'user.created'],
    ['event.id', 'e'],
    ['data.points', 120],
    ['changes.points.old', 90],
    ['previous.points', 90],
    ['previous.name', 'Ada "Lady" Lovelace'],
    ['actor.id', 1],
    ['automation.name', 'Promotions'],
    ['webhook.name', 'CRM'],
    ['workspace.name', 'Acme'],
    ['workspace.timeZone', 'UTC'],
    ['delivery.id', 'd'],
    ['envelope.request_id', 'd'],
    ['now', NOW],
    ['model.points', 120],
    ['model_type', 'user'],
    ['model_id', 7],
    ['causer.id', 1],
    ['causer_id', 1],
  ];
  it.each(facts)('sees %s in its condition and in its template', (path, value) => {
    const condition = { '===': [{ var: path }, value as string] };
    const outcome = evaluated({ condition, template: `[{{ ${path}|json }}]` });
    expect(JSON.parse(bodyOf(outcome))).toEqual([value]);
  });

  it('has a fact here for every name of the context', () => {
    const names = new Set(facts.map(([path]) => path.split('.')[0]));
    expect(names).toEqual(new Set(CONTEXT_NAMES));
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
      expect(evaluated({ template, webhook: asGet })).toMatchObject({
        kind: 'failed',
        fault: { code: 'get_body_not_object' },
      });
    expect(evaluated({ template: '{"a": 1}', webhook: asGet })).toMatchObject({ kind: 'rendered' });
  });

  it('never changes the event', () => {
    const before = JSON.stringify(event);
    evaluated({
      condition: { merge: [{ var: 'data' }, [1]] },
      template: '{% set data = data|merge({x: 1}) %}{{ data|json }}',
    });
    expect(JSON.stringify(event)).toBe(before);
  });

  it('tells how its condition was decided when that is asked', () => {
    const condition = { '>': [{ var: 'data.points' }, 200] };
    const outcome = outcomeOf(trialOf({ condition }, { trace: true }));
    expect(outcome).toMatchObject({
      kind: 'not_matched',
      trace: { operator: '>', value: false, decisive: true },
    });
  });
});

describe('an evaluator', () => {
  it('compiles a revision once, and its next one anew', () => {
    const evaluator = new Evaluator(threadSettings, () => 0);
    const tasks = ['first', 'second'].map((template, index) => ({
      kind: 'try' as const,
      trial: trialOf({ template: `"${template}"`, revision: index + 1 }),
    }));
    const { results } = evaluator.answer(toWire(tasks));
    expect(results).toMatchObject([
      { outcome: { body: '"first"' } },
      { outcome: { body: '"second"' } },
    ]);
  });

  it('ends its turn with the task that is running when the time is over', () => {
    let now = 0;
    const evaluator = new Evaluator(threadSettings, () => (now += 9));
    const tasks = Array.from({ length: 10 }, () => ({ kind: 'try' as const, trial: trialOf() }));
    const { results, took } = evaluator.answer(toWire(tasks));
    expect(results.length).toBe(3);
    expect(took).toEqual([9, 9, 9]);
  });

  it('says everything that is wrong with a draft', () => {
    const results = answersTo([
      {
        kind: 'check_template',
        draft: { template: '{{ a|uper }}', templateFormat: 'json-text', contentType: null },
        fields: null,
      },
      { kind: 'check_condition', condition: { '=': [1, 1] }, fields: null },
      { kind: 'check_condition', condition: null, fields: null },
    ]);
    expect(results).toMatchObject([
      { check: { faults: [{ code: 'unknown_filter', line: 1 }] } },
      { check: { faults: [{ code: 'unknown_operator', path: '=' }] } },
      { check: { faults: [] } },
    ]);
  });
});

function bodyOf(outcome: Outcome): string {
  if (outcome.kind !== 'rendered') throw new Error(`it did not render: ${outcome.kind}`);
  return outcome.body;
}
