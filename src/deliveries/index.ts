export { AttemptStreamService } from './log/attempt-stream.service.js';
export { DeliveriesModule } from './deliveries.module.js';
export { type NewDelivery, type Rendered, STATUSES } from './delivery.js';
export { DeliveryHandoff } from './delivery-handoff.js';
export { DeliveryIntakeService } from './delivery-intake.service.js';
export { DeliveryLogRepository, type EventDelivery } from './log/delivery-log.repository.js';
export { DeliverySweepService } from './queue/delivery-sweep.service.js';
export { DeliveryWorkerService } from './queue/delivery-worker.service.js';
export { requestOf } from './settling/attempt.js';
