import type { Fault } from '../../errors.js';
import type { StoredEvent } from '../../event-bus/index.js';
import { analyseCondition, checkCondition, DEFAULT_CONDITION_LIMITS } from '../condition/index.js';
import { type Context, eventContext, ruleContext } from '../context/context.js';
import {
  analyseTemplate,
  compileTemplate,
  DEFAULT_TEMPLATE_LIMITS,
  renderTemplate,
  TemplateContext,
} from '../template/index.js';
import { EDITOR_HELP } from './editor-help.js';
import { defaultPayload } from '../default-payload.js';
import { evaluate, evaluateWithTrace, type Render } from './evaluate.js';
import type {
  Answer,
  DraftCheck,
  EventText,
  Result,
  ThreadSettings,
  WireTask,
} from './messages.js';
import type { Outcome } from './outcome.js';
import { type Compiled, TemplateCache } from './template-cache.js';

/** A turn ends with the trial that is running by then: what is left waits, so that nobody's neighbour waits long. */
const TURN_MS = 20;

interface SharedContext {
  event: StoredEvent;
  now: string;
  condition: Context;
  template: TemplateContext;
}

/** By event: the tasks of one message share what is converted for it. */
type Contexts = Map<EventText, SharedContext>;
type WireTrial = Extract<WireTask, { kind: 'try' }>['trial'];

/** Does tasks one after the other, in a thread of its own. Everything that people wrote runs in here and nowhere else. */
export class Evaluator {
  readonly #templates: TemplateCache;

  /** @param clock milliseconds of any origin */
  constructor(
    private readonly settings: ThreadSettings,
    private readonly clock: () => number,
  ) {
    this.#templates = new TemplateCache(settings.cacheBytes);
  }

  answer(tasks: readonly WireTask[]): Answer {
    const results: Result[] = [];
    const took: number[] = [];
    const contexts: Contexts = new Map();
    const began = this.clock();
    let before = began;
    for (const task of tasks) {
      results.push(this.#do(task, contexts));
      const after = this.clock();
      took.push(after - before);
      before = after;
      if (after - began >= TURN_MS) break;
    }
    return { results, took };
  }

  #do(task: WireTask, contexts: Contexts): Result {
    switch (task.kind) {
      case 'try':
        return { kind: 'tried', outcome: this.#try(task.trial, contexts) };
      case 'check_template':
        return { kind: 'checked', check: this.#checkTemplate(task) };
      case 'check_condition':
        return { kind: 'checked', check: this.#checkCondition(task) };
      case 'help':
        return { kind: 'help', help: EDITOR_HELP };
    }
  }

  #try(trial: WireTrial, contexts: Contexts): Outcome {
    const { rule, deliveryId, trace } = trial;
    const shared = sharedContext(trial, contexts);
    const { automation, webhook } = rule;
    const names = { automation, webhook, deliveryId };
    const own = ruleContext(names, shared.event, shared.condition);
    const render = this.#rendering(trial, own, shared);
    return trace ? evaluateWithTrace(rule, own, render) : evaluate(rule, own, render);
  }

  #rendering({ rule, deliveryId }: WireTrial, own: Context, shared: SharedContext): Render {
    const { template: source } = rule;
    if (source === null) {
      return () => defaultPayload(shared.event, deliveryId, this.settings.maxBodyBytes);
    }
    return () => {
      const compiled = this.#templates.get(rule, () => this.#compile(source, rule));
      if (!compiled.ok) return { ok: false, fault: { ...compiled.fault, path: '' } };
      return renderTemplate(compiled.template, new TemplateContext(own, shared.template));
    };
  }

  #compile(source: string, written: WireTrial['rule']): Compiled {
    const result = compileTemplate(source, this.#templateOptions(written));
    if (result.ok) return result;
    return { ok: false, fault: result.faults[0] ?? NO_REASON };
  }

  #checkTemplate({ draft, fields }: WireTask & { kind: 'check_template' }): DraftCheck {
    const { template } = draft;
    const options = this.#templateOptions(draft);
    const result = compileTemplate(template, options);
    if (!result.ok) return { faults: result.faults, warnings: [], variables: [] };
    const analysed = fields && analyseTemplate(template, options, fields);
    return { faults: [], warnings: [], variables: [], ...analysed };
  }

  #checkCondition({ condition, fields }: WireTask & { kind: 'check_condition' }): DraftCheck {
    if (condition === null) return { faults: [], warnings: [], variables: [] };
    const limits = { ...DEFAULT_CONDITION_LIMITS, bytes: this.settings.maxConditionBytes };
    const faults = checkCondition(condition, limits);
    const analysed = faults.length === 0 && fields && analyseCondition(condition, fields);
    return { faults, warnings: [], variables: [], ...analysed };
  }

  #templateOptions(written: Pick<WireTrial['rule'], 'templateFormat' | 'contentType'>) {
    const { maxTemplateBytes: source, maxBodyBytes: body } = this.settings;
    const { text, work } = DEFAULT_TEMPLATE_LIMITS;
    const { templateFormat: format, contentType } = written;
    const limits = { source, body, text: Math.max(text, body), work: Math.max(work, 12 * body) };
    return { format, contentType, limits };
  }
}

function sharedContext(
  { event: written, workspace, now }: WireTrial,
  contexts: Contexts,
): SharedContext {
  const known = contexts.get(written);
  if (known?.now === now) return known;
  const event: StoredEvent = JSON.parse(written.text);
  const condition = eventContext(event, workspace, now);
  const made = { event, now, condition, template: new TemplateContext(condition) };
  contexts.set(written, made);
  return made;
}

const NO_REASON: Fault = {
  path: 'template',
  code: 'template_error',
  message: 'The template does not compile.',
};
