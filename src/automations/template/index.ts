export { analyseTemplate } from './analysis/analysis.js';
export { LANGUAGE_HELP, type LanguageHelp } from './library/language-help.js';
export { DEFAULT_TEMPLATE_LIMITS } from './limits.js';
export { type CompiledTemplate, compileTemplate, renderTemplate } from './template.js';
export { TemplateContext } from './template-context.js';
