export { AttemptStreamService } from './attempt-stream.service.js';
export { DeliveriesModule } from './deliveries.module.js';
export { type NewDelivery, type Rendered, STATUSES } from './delivery.js';
export { DeliveryIntakeService } from './delivery-intake.service.js';
export { DeliveryLogRepository, type EventDelivery } from './delivery-log.repository.js';
export { DeliverySweepService } from './delivery-sweep.service.js';
export { DeliveryWorkerService } from './delivery-worker.service.js';
export { requestOf } from './attempt.js';
