import type { Fault } from '../../errors.js';
import type { StoredEvent } from '../../event-bus/index.js';
import type { JsonValue } from '../../json.js';
import type { ContextWorkspace } from '../context/context.js';
import type { Field } from '../context/context-fields.js';
import type { Rule } from '../rules/rule.js';
import type { TemplateFormat } from '../automation.js';
import type { EditorHelp } from './editor-help.js';
import type { Outcome } from './outcome.js';

/** One rule to be tried on one event. */
export interface Trial {
  rule: Rule;
  event: StoredEvent;
  workspace: ContextWorkspace;
  /** ISO 8601: what `now` is for the rule. */
  now: string;
  deliveryId: string;
  /** Whether to tell how the condition was decided. */
  trace?: boolean;
}

/** A template that somebody is writing. */
export interface TemplateDraft {
  template: string;
  templateFormat: TemplateFormat;
  contentType: string | null;
}

/** What was found out about a draft: faults forbid to save it, warnings do not. */
export interface DraftCheck {
  faults: Fault[];
  warnings: Fault[];
  /** Paths of the context that it reads, sorted. */
  variables: string[];
}

/** What a thread can be asked to do. */
export type Task =
  | { kind: 'try'; trial: Trial }
  /** Without `fields` only faults are looked for. */
  | { kind: 'check_template'; draft: TemplateDraft; fields: Field | null }
  | { kind: 'check_condition'; condition: JsonValue; fields: Field | null }
  | { kind: 'help' };

export type Result =
  | { kind: 'tried'; outcome: Outcome }
  | { kind: 'checked'; check: DraftCheck }
  | { kind: 'help'; help: EditorHelp };

/** An event as JSON: a text is copied from thread to thread in a tenth of the time of an object. */
export interface EventText {
  readonly text: string;
}

/** A task as it is sent. Trials of one event share its text, and the copy of it. */
export type WireTask =
  | Exclude<Task, { kind: 'try' }>
  | { kind: 'try'; trial: Omit<Trial, 'event'> & { event: EventText } };

/** What became of the tasks that were sent: of as many, from the first, as fitted into the thread's turn. At least one. */
export interface Answer {
  results: Result[];
  /** Milliseconds that each of them took. */
  took: number[];
}

/** What a thread is told when it starts. */
export interface ThreadSettings {
  /** Bytes of the source of a template. */
  maxTemplateBytes: number;
  /** Bytes of a rendered body. */
  maxBodyBytes: number;
  /** Bytes of a condition as JSON. */
  maxConditionBytes: number;
  /** What compiled templates may take of the thread's memory, in bytes. */
  cacheBytes: number;
}
