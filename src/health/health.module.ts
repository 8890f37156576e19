import { Module } from '@nestjs/common';
import { AutomationsModule } from '../automations/index.js';
import { DeliveriesModule } from '../deliveries/index.js';
import { EventBusModule } from '../event-bus/index.js';
import { BacklogRepository } from './backlog.repository.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsGuard } from './metrics.guard.js';
import { MetricsPageService } from './metrics-page.service.js';
import { ProcessStateService } from './process-state.service.js';

/** Liveness, readiness and metrics. */
@Module({
  imports: [AutomationsModule, DeliveriesModule, EventBusModule],
  controllers: [HealthController, MetricsController],
  providers: [
    HealthService,
    BacklogRepository,
    MetricsGuard,
    MetricsPageService,
    ProcessStateService,
  ],
  exports: [HealthService],
})
export class HealthModule {}
