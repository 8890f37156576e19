import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { StartupError } from '../startup-error.js';
import { AttemptService } from './settling/attempt.service.js';
import { AttemptStreamService } from './log/attempt-stream.service.js';
import { DeliveryController } from './log/delivery.controller.js';
import { DeliveryHandoff, InProcessDeliveryHandoff } from './delivery-handoff.js';
import { DeliveryIntakeService } from './delivery-intake.service.js';
import { DeliveryLogRepository } from './log/delivery-log.repository.js';
import { DeliveryLogService } from './log/delivery-log.service.js';
import { DeliveryQueueRepository } from './queue/delivery-queue.repository.js';
import { DeliverySweepService } from './queue/delivery-sweep.service.js';
import { DeliveryWorkerService } from './queue/delivery-worker.service.js';
import { SettlementRepository } from './settling/settlement.repository.js';
import { PresenceService } from './queue/presence.service.js';
import { AddressGuard, Sender } from './sending/index.js';

/** Sends what the rules have made, and keeps the log. It is handed bytes and targets and knows nothing of rules. */
@Module({
  controllers: [DeliveryController],
  providers: [
    DeliveryQueueRepository,
    DeliveryLogRepository,
    DeliveryLogService,
    DeliveryIntakeService,
    DeliveryWorkerService,
    DeliverySweepService,
    AttemptService,
    SettlementRepository,
    AttemptStreamService,
    PresenceService,
    { provide: DeliveryHandoff, useClass: InProcessDeliveryHandoff },
    { provide: Sender, useFactory: createSender, inject: [CONFIG] },
  ],
  exports: [
    AttemptStreamService,
    DeliveryLogRepository,
    DeliveryIntakeService,
    DeliveryWorkerService,
    DeliverySweepService,
  ],
})
export class DeliveriesModule {}

function createSender(config: Config): Sender {
  return new Sender({
    guard: guardOf(config.BUGLE_ALLOW_NETWORKS ?? []),
    connectTimeoutMs: config.BUGLE_CONNECT_TIMEOUT_MS,
    timeoutMs: config.BUGLE_ATTEMPT_TIMEOUT_MS,
    maxResponseBytes: config.BUGLE_RESPONSE_READ_BYTES,
    keepResponseBytes: config.BUGLE_RESPONSE_KEEP_BYTES,
  });
}

function guardOf(allowed: readonly string[]): AddressGuard {
  try {
    return new AddressGuard(allowed);
  } catch (error) {
    throw new StartupError('BUGLE_ALLOW_NETWORKS', `is not valid: ${String(error)}`, {
      cause: error,
    });
  }
}
