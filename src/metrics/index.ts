export { attemptLabels } from './attempt-labels.js';
export { type GaugeSet, type Reading } from './gauge-set.provider.js';
export { Metrics } from './metrics.service.js';
export { MetricsModule } from './metrics.module.js';
