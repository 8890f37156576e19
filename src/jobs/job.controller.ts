import {
  Controller,
  Get,
  HttpCode,
  type MessageEvent,
  Param,
  Post,
  Query,
  Sse,
} from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { map, type Observable } from 'rxjs';
import type { z } from 'zod';
import { byId, Cursors, idField, Operation, pageQuery } from '../http/index.js';
import { Caller, type Principal, Scopes } from '../workspaces/index.js';
import { jobPage, jobView, toJobView } from './job.dto.js';
import { JobService } from './job.service.js';
import { JobStreamService } from './job-stream.service.js';

const jobId = idField('a job');

@ApiTags('Jobs')
@Controller('v1/jobs')
@Scopes('read:logs', 'redeliver')
export class JobController {
  constructor(
    private readonly jobs: JobService,
    private readonly streams: JobStreamService,
    private readonly cursors: Cursors,
  ) {}

  @Get()
  @Operation('List jobs', 'Newest first. What has ended is kept as long as the log.')
  @ApiOkResponse({ standardSchema: jobPage, description: 'A page of jobs.' })
  list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<z.infer<typeof jobPage>> {
    return this.cursors.page(`jobs ${workspaceId}`, query, {
      read: (before) => this.jobs.list(workspaceId, query.limit, before),
      keyOf: byId,
      toView: toJobView,
    });
  }

  @Get(':id')
  @Operation('Read a job')
  @ApiOkResponse({ standardSchema: jobView, description: 'The job, and how far it has come.' })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param('id', { schema: jobId }) id: string,
  ): Promise<z.infer<typeof jobView>> {
    return toJobView(await this.jobs.get(workspaceId, id));
  }

  @Sse(':id/stream')
  @Operation(
    'Watch a job',
    'Server-Sent Events: a `progress` event now and whenever it has come on, and an `ended` event, after which the stream ends.',
  )
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ standardSchema: jobView, description: 'The data of each event.' })
  async watch(
    @Caller() caller: Principal,
    @Param('id', { schema: jobId }) id: string,
  ): Promise<Observable<MessageEvent>> {
    await this.jobs.get(caller.workspaceId, id);
    return this.streams.watch(caller, id).pipe(
      map((job) => ({
        type: job.status === 'running' ? 'progress' : 'ended',
        data: toJobView(job),
      })),
    );
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Scopes('redeliver')
  @Operation('Cancel a job', 'It ends before its next page. What it has done stays done.')
  @ApiOkResponse({ standardSchema: jobView, description: 'The job as it is now.' })
  async cancel(
    @Caller() { workspaceId }: Principal,
    @Param('id', { schema: jobId }) id: string,
  ): Promise<z.infer<typeof jobView>> {
    return toJobView(await this.jobs.cancel(workspaceId, id));
  }
}
