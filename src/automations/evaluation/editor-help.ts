import { OPERATOR_HELP, type OperatorHelp } from '../condition/index.js';
import { LANGUAGE_HELP, type LanguageHelp } from '../template/index.js';

/** All that conditions and templates know, for completion in editors. */
export interface EditorHelp {
  template: LanguageHelp;
  conditionOperators: readonly OperatorHelp[];
}

/** Made of the tables that evaluation uses, so it is imported by the evaluating thread only. */
export const EDITOR_HELP: EditorHelp = {
  template: LANGUAGE_HELP,
  conditionOperators: OPERATOR_HELP,
};
