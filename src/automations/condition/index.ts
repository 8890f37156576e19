export { analyseCondition } from './checking/analyse-condition.js';
export { checkCondition } from './checking/check-condition.js';
export { DEFAULT_CONDITION_LIMITS } from './condition-limits.js';
export type { ConditionTrace } from './tracing/condition-trace.js';
export { evaluateCondition, traceCondition } from './evaluate-condition.js';
export { OPERATOR_HELP, type OperatorHelp } from './operators/index.js';
