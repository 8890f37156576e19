export { analyseTemplate } from './analysis/analysis.js';
export { TEMPLATE_FORMATS, type TemplateFormat } from '../automation.js';
export { LANGUAGE_HELP, type LanguageHelp } from './library/language-help.js';
export { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.js';
export {
  type CompiledTemplate,
  type CompileResult,
  compileTemplate,
  type RenderResult,
  renderTemplate,
  type TemplateOptions,
} from './template.js';
export { TemplateContext } from './template-context.js';
