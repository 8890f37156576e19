import { Module } from '@nestjs/common';
import { JobController } from './job.controller.js';
import { JobRepository } from './job.repository.js';
import { JobService } from './job.service.js';
import { JobStreamService } from './job-stream.service.js';
import { JobWorkerService } from './job-worker.service.js';

/** Work for an admin that takes longer than a request. It knows none of it: runners say what they do. */
@Module({
  controllers: [JobController],
  providers: [JobRepository, JobService, JobStreamService, JobWorkerService],
  exports: [JobService, JobStreamService, JobWorkerService],
})
export class JobsModule {}
