export { JsonArray, JsonObject, type JsonValue, type TemplateValue } from './json-value.js';
export { DEFAULT_TEMPLATE_LIMITS, type TemplateLimits } from './limits.js';
export {
  type CompiledTemplate,
  compileTemplate,
  type CompileResult,
  renderTemplate,
  type RenderResult,
  type TemplateContext,
  toTemplateContext,
} from './template.js';
