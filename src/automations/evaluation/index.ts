export type { EditorHelp } from './editor-help.js';
export { EvaluationService } from './evaluation.service.js';
export type { DraftCheck, TemplateDraft, Trial } from './messages.js';
export type { Outcome } from './outcome.js';
export { EvaluationUnavailable } from './pool.js';
