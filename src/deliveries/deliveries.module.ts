import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { EventBusModule } from '../event-bus/index.js';
import { JobsModule } from '../jobs/index.js';
import { LOGGER } from '../logger.js';
import { JobQueues } from '../redis/index.js';
import { StartupError } from '../startup-error.js';
import { AttemptService } from './settling/attempt.service.js';
import { AttemptStreamService } from './log/attempt-stream.service.js';
import { DeliveryController } from './log/delivery.controller.js';
import { DeliveryHandoff } from './delivery-handoff.js';
import { deliveryHandoffOf } from './delivery-handoff.provider.js';
import { DeliveryIntakeService } from './delivery-intake.service.js';
import { DeliveryLogRepository } from './log/delivery-log.repository.js';
import { DeliverySearchRepository } from './log/delivery-search.repository.js';
import { DeliveryLogService } from './log/delivery-log.service.js';
import { DeliveryQueueRepository } from './queue/delivery-queue.repository.js';
import { DeliverySweepService } from './queue/delivery-sweep.service.js';
import { DeliveryWorkerService } from './queue/delivery-worker.service.js';
import { LeaseService } from './queue/lease.service.js';
import { CancelService } from './recovery/cancel.service.js';
import { RecoverService } from './recovery/recover.service.js';
import { RecoveryController } from './recovery/recovery.controller.js';
import { RecoveryRepository } from './recovery/recovery.repository.js';
import { BreakerService } from './settling/breaker.service.js';
import { SettlementRepository } from './settling/settlement.repository.js';
import { SettlingService } from './settling/settling.service.js';
import { PresenceService } from './queue/presence.service.js';
import { QueueUpkeepRepository } from './queue/queue-upkeep.repository.js';
import { RateLimitService } from './queue/rate-limit.service.js';
import { TurnService } from './queue/turn.service.js';
import { AddressGuard, Sender, type SenderOptions } from './sending/index.js';

/** Sends what the rules have made, and keeps the log. It is handed bytes and targets and knows nothing of rules. */
@Module({
  imports: [EventBusModule, JobsModule],
  controllers: [DeliveryController, RecoveryController],
  providers: [
    DeliveryQueueRepository,
    QueueUpkeepRepository,
    DeliveryLogRepository,
    DeliverySearchRepository,
    DeliveryLogService,
    DeliveryIntakeService,
    DeliveryWorkerService,
    DeliverySweepService,
    LeaseService,
    RateLimitService,
    TurnService,
    AttemptService,
    SettlementRepository,
    SettlingService,
    BreakerService,
    AttemptStreamService,
    RecoverService,
    CancelService,
    RecoveryRepository,
    PresenceService,
    { provide: DeliveryHandoff, useFactory: deliveryHandoffOf, inject: [JobQueues, LOGGER] },
    { provide: Sender, useFactory: createSender, inject: [CONFIG] },
  ],
  exports: [
    AttemptStreamService,
    DeliveryHandoff,
    DeliveryLogRepository,
    DeliveryIntakeService,
    DeliveryWorkerService,
    DeliverySweepService,
  ],
})
export class DeliveriesModule {}

function createSender(config: Config): Sender {
  const options = {
    guard: new AddressGuard(config.BUGLE_ALLOW_NETWORKS ?? []),
    connectTimeoutMs: config.BUGLE_CONNECT_TIMEOUT_MS,
    timeoutMs: config.BUGLE_ATTEMPT_TIMEOUT_MS,
    maxResponseBytes: config.BUGLE_RESPONSE_READ_BYTES,
    keepResponseBytes: config.BUGLE_RESPONSE_KEEP_BYTES,
    // The lanes say how much is under way: who waits here for a neighbour's connection would be told of a timeout.
    maxConnectionsPerOrigin: config.BUGLE_IN_FLIGHT,
  };
  const proxy = config.BUGLE_EGRESS_PROXY;
  return proxy ? proxiedSender(options, new URL(proxy)) : new Sender(options);
}

function proxiedSender(options: SenderOptions, proxy: URL): Sender {
  try {
    return new Sender({ ...options, proxy });
  } catch {
    // The error is not passed on: it may show a part of the password.
    throw new StartupError(
      'BUGLE_EGRESS_PROXY',
      'has a user name or password with a bad % in it: write % as %25',
    );
  }
}
