export { HealthService } from './health.service.js';
export { HealthModule } from './health.module.js';
