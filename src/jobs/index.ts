export { type IdRange, idsIn, type Period, requireKept } from './period.js';
export { addCounts, type Counts, type Job, type PageEnd, type RunningJob } from './job.js';
export { jobView, toJobView } from './job.dto.js';
export { JobService } from './job.service.js';
export { JobStreamService } from './job-stream.service.js';
export { JobsModule } from './jobs.module.js';
export { type JobRunner, JobWorkerService, type StorePage } from './job-worker.service.js';
