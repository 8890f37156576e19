import { z } from 'zod';
import { jsonObject, pageOf } from '../http/index.js';
import { type Job, JOB_STATUSES } from './job.js';

const time = (description: string) => z.iso.datetime().meta({ description });

export const jobView = z
  .object({
    id: z.uuid().meta({ description: 'Id of the job.' }),
    kind: z.string().meta({ description: 'What it does.', example: 'deliveries.recover' }),
    input: jsonObject.meta({ description: 'What was asked for.' }),
    status: z
      .enum(JOB_STATUSES)
      .meta({ description: 'Its state; all but `running` are its end.', example: 'running' }),
    progress: z
      .record(z.string(), z.int())
      .meta({ description: 'What it has counted up to now.', example: { lookedAt: 1000 } }),
    error: z
      .object({
        code: z.string().meta({ description: 'Stable code.', example: 'webhook_deleted' }),
        message: z.string().meta({ description: 'What happened, for people.' }),
      })
      .nullable()
      .meta({ description: 'Why it failed.' }),
    createdBy: z.uuid().meta({ description: 'Id of the API key that asked for it.' }),
    createdAt: time('When it was asked for.'),
    updatedAt: time('When it came on last.'),
    endedAt: time('When it ended.').nullable(),
  })
  .meta({ id: 'Job' });

export const jobPage = pageOf(jobView).meta({ id: 'JobPage' });

export function toJobView(job: Job): z.infer<typeof jobView> {
  return {
    id: job.id,
    kind: job.kind,
    input: job.input,
    status: job.status,
    progress: job.progress,
    error: job.error,
    createdBy: job.createdBy,
    createdAt: job.createdAt.toISOString(),
    updatedAt: job.updatedAt.toISOString(),
    endedAt: job.endedAt?.toISOString() ?? null,
  };
}
