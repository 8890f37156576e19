import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EventBusModule } from '../event-bus/index.js';
import { MasterKeyService } from './master-key.service.js';
import { SecretBox } from './secret.js';
import { TargetService } from './target.service.js';
import { WebhookController } from './webhook.controller.js';
import { Webhook } from './webhook.entity.js';
import { WebhookHealthService } from './webhook-health.service.js';
import { WebhookRepository } from './webhook.repository.js';
import { WebhookService } from './webhook.service.js';

/** Targets: their settings, secrets (encrypted under the master key) and test events. */
@Module({})
export class WebhooksModule {
  static with(masterKey: Buffer): DynamicModule {
    return {
      module: WebhooksModule,
      global: true,
      imports: [TypeOrmModule.forFeature([Webhook]), EventBusModule],
      controllers: [WebhookController],
      providers: [
        WebhookRepository,
        WebhookService,
        WebhookHealthService,
        TargetService,
        MasterKeyService,
        { provide: SecretBox, useValue: new SecretBox(masterKey) },
      ],
      exports: [WebhookService, WebhookHealthService, TargetService, MasterKeyService],
    };
  }
}
