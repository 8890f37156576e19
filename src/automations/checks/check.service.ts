import { Injectable } from '@nestjs/common';
import { type Fault, invalidInput, notFound } from '../../errors.js';
import {
  builtInEventType,
  checkTriggers,
  EventTypeService,
  type KnownTypes,
  matchesTrigger,
} from '../../event-bus/index.js';
import type { JsonValue } from '../../json.js';
import type { AutomationSettings } from '../automation.js';
import { contextFields, type Field, type KnownData } from '../context/context-fields.js';
import {
  type DraftCheck,
  type EditorHelp,
  EvaluationService,
  type TemplateDraft,
} from '../evaluation/index.js';
import { within, withinTemplate } from '../fault-path.js';

/** The event types that fire a rule which is being written. */
export type FiringTypes = { triggers: readonly string[] } | { eventType: string };

/** What an editor is told of a draft: faults forbid to save it, warnings do not. */
export interface Check extends DraftCheck {
  valid: boolean;
}

/** What a rule on one event type can read and use. */
export interface RuleContext {
  fields: Field;
  help: EditorHelp;
}

/** More types say nothing that these do not say, or the rule is for all of them. */
const MOST_TYPES = 200;

/** Leaves open what else there may be. */
const UNKNOWN_TYPE: KnownData = { name: '', schema: null, example: { data: {} } };

/** Helps people while they write a condition or a template. */
@Injectable()
export class CheckService {
  constructor(
    private readonly eventTypes: EventTypeService,
    private readonly evaluation: EvaluationService,
  ) {}

  /** @throws BugleError 422 for triggers that cannot be used. */
  async template(workspaceId: string, draft: TemplateDraft, fired?: FiringTypes): Promise<Check> {
    const fields = await this.fields(workspaceId, fired);
    return checked(await this.evaluation.checkTemplate(workspaceId, draft, fields), withinTemplate);
  }

  /** @throws BugleError 422 for triggers that cannot be used. */
  async condition(workspaceId: string, condition: JsonValue, fired?: FiringTypes): Promise<Check> {
    const fields = await this.fields(workspaceId, fired);
    const check = await this.evaluation.checkCondition(workspaceId, condition, fields);
    return checked(check, (fault) => within('condition', fault));
  }

  /** What is doubtful about an automation, as it was saved: with paths in it. */
  async warnings(
    workspaceId: string,
    { triggers, condition, ...draft }: AutomationSettings,
  ): Promise<Fault[]> {
    const known = await this.eventTypes.triggerable(workspaceId);
    const fields = await this.fieldsOf(workspaceId, triggers, known);
    const checks = [
      condition === null
        ? undefined
        : await this.evaluation.checkCondition(workspaceId, condition, fields),
      draft.template === null
        ? undefined
        : await this.evaluation.checkTemplate(
            workspaceId,
            { ...draft, template: draft.template },
            fields,
          ),
    ];
    const [ofCondition, ofTemplate] = checks;
    return [
      ...silentTriggers(triggers, known),
      ...(ofCondition?.warnings ?? []).map((fault) => within('condition', fault)),
      ...(ofTemplate?.warnings ?? []).map(withinTemplate),
    ];
  }

  /** @throws BugleError 404 */
  async context(workspaceId: string, eventType: string): Promise<RuleContext> {
    const [type] = await this.typesNamed(workspaceId, [eventType]);
    if (!type) throw notFound('event type', eventType);
    return { fields: contextFields([type]), help: await this.evaluation.editorHelp(workspaceId) };
  }

  private async fields(workspaceId: string, fired: FiringTypes | undefined): Promise<Field> {
    if (!fired) return contextFields([]);
    const known = await this.eventTypes.triggerable(workspaceId);
    const triggers = 'triggers' in fired ? fired.triggers : [fired.eventType];
    refuseTriggers(checkTriggers(triggers, known), fired);
    return this.fieldsOf(workspaceId, triggers, known);
  }

  private async fieldsOf(
    workspaceId: string,
    triggers: readonly string[],
    known: KnownTypes,
  ): Promise<Field> {
    const names = known.names.filter((name) => triggers.some((each) => matchesTrigger(each, name)));
    const types = await this.typesNamed(workspaceId, names.slice(0, MOST_TYPES));
    const mayBeOthers = known.acceptsUnknown && !triggers.every((each) => names.includes(each));
    const isAll = names.length <= MOST_TYPES && !mayBeOthers;
    return contextFields(isAll ? types : [...types, UNKNOWN_TYPE]);
  }

  private async typesNamed(workspaceId: string, names: readonly string[]): Promise<KnownData[]> {
    const builtIn = names.flatMap((name) => builtInEventType(name) ?? []);
    const isOwnNamed = builtIn.length < names.length;
    const own = isOwnNamed ? await this.eventTypes.ownNamed(workspaceId, names) : [];
    return [...builtIn.map(({ name, example }) => ({ name, example, schema: null })), ...own];
  }
}

/** No event that is known can set them off: most likely a slip in a wildcard. */
function silentTriggers(triggers: readonly string[], known: KnownTypes): Fault[] {
  if (known.acceptsUnknown) return [];
  return triggers.flatMap((trigger, index) =>
    known.names.some((name) => matchesTrigger(trigger, name))
      ? []
      : {
          path: `triggers[${index}]`,
          code: 'never_fires',
          message: `No event type of this workspace fits ${JSON.stringify(trigger)} today.`,
        },
  );
}

function refuseTriggers(faults: readonly Fault[], fired: FiringTypes): void {
  if (faults.length === 0) return;
  throw invalidInput(
    faults.map((fault) =>
      'triggers' in fired ? within('triggers', fault) : { ...fault, path: 'eventType' },
    ),
  );
}

/** Paths are told from the input. */
function checked(
  { faults, warnings, variables }: DraftCheck,
  placed: (fault: Fault) => Fault,
): Check {
  const valid = faults.length === 0;
  return { valid, faults: faults.map(placed), warnings: warnings.map(placed), variables };
}
