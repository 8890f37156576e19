import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

/** A job, as the API shows it. */
export interface JobBody {
  id: string;
  kind: string;
  input: Record<string, unknown>;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  progress: Record<string, number>;
  error: { code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
}

/** A message of an event stream. */
export interface StreamedJob {
  event: string;
  job: JobBody;
}

export const AGES_AGO = '2020-01-01T00:00:00Z';

/** A time by which nothing of a test had happened yet. */
export const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

/** The job once it has ended. */
export function ended(api: Client, { id }: { id: string }, withinMs?: number): Promise<JobBody> {
  return until(
    `job ${id} has ended`,
    async () => {
      const { body } = await api.get<JobBody>(`/v1/jobs/${id}`);
      return body.status !== 'running' && body;
    },
    withinMs,
  );
}

/** Asks for a job, and waits for its end. */
export async function doneJob(api: Client, path: string, body: object): Promise<JobBody> {
  return ended(api, await api.make<JobBody>(path, body));
}

/** All that a job's stream says, until it ends. */
export async function streamOf({ address, key }: Client, id: string): Promise<StreamedJob[]> {
  const response = await fetch(`${address}/v1/jobs/${id}/stream`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const text = await response.text();
  return [...text.matchAll(/event: (\w+)\n(?:id: .*\n)?data: (.*)\n/g)].map(([, event, data]) => ({
    event: event ?? '',
    job: JSON.parse(data ?? '') as JobBody,
  }));
}
