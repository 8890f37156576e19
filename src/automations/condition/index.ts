export { checkCondition } from './check-condition.js';
export { type ConditionLimits, DEFAULT_CONDITION_LIMITS } from './condition-limits.js';
export { evaluateCondition, type Evaluation, type EvaluationLimits } from './evaluate-condition.js';
export { CONDITION_VARIABLES } from './variables.js';
