export { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.js';
export {
  type CompiledTemplate,
  compileTemplate,
  renderTemplate,
  type TemplateContext,
  toTemplateContext,
} from './template.js';
