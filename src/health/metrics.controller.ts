import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Public } from '../workspaces/index.js';
import { MetricsGuard } from './metrics.guard.js';
import { MetricsPageService } from './metrics-page.service.js';

/** For Prometheus, and no part of the API (docs/operations.md). Its own guard stands before it in place of the common one. */
@ApiExcludeController()
@Controller('metrics')
@Public()
@UseGuards(MetricsGuard)
export class MetricsController {
  constructor(private readonly page: MetricsPageService) {}

  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.page.text();
  }
}
