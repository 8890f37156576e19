import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../http/index.js';
import { Public } from '../workspaces/index.js';
import { HealthService } from './health.service.js';

const healthView = z
  .object({
    status: z.literal('ok').meta({ description: 'Always `ok`; the status code tells the rest.' }),
  })
  .meta({ id: 'Health' });

const readinessView = healthView
  .extend({
    redis: z.enum(['ok', 'unreachable', 'refusing']).optional().meta({
      description:
        'How Redis is, where REDIS_URL is set. Without it work is found by the sweeps, seconds later; nothing is lost.',
    }),
  })
  .meta({ id: 'Readiness' });

@ApiTags('Health')
@Controller()
@Public()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('healthz')
  @Operation('Liveness', 'Answers as long as the process can answer at all.')
  @ApiOkResponse({ standardSchema: healthView, description: 'The process lives.' })
  alive(): z.infer<typeof healthView> {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Operation(
    'Readiness',
    'Whether requests may be sent here: the start is complete and no stop has begun, the database answers, and rules can be evaluated.',
  )
  @ApiOkResponse({ standardSchema: readinessView, description: 'Ready.' })
  async ready(): Promise<z.infer<typeof readinessView>> {
    const redis = await this.health.requireReady();
    return { status: 'ok', ...(redis && { redis }) };
  }
}
