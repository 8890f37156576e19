import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/index.js';
import { type Fault, invalidInput, MAX_FAULTS } from '../../errors.js';
import {
  checkTriggers,
  type EventHeader,
  EventRepository,
  EventTypeService,
} from '../../event-bus/index.js';
import {
  addCounts,
  type Counts,
  idsIn,
  type Job,
  type JobRunner,
  JobService,
  JobWorkerService,
  type PageEnd,
  requireKept,
  type RunningJob,
  type StorePage,
} from '../../jobs/index.js';
import { webhookDeleted, webhookDisabled, WebhookService } from '../../webhooks/index.js';
import type { Principal } from '../../workspaces/index.js';
import { RuleBookService, type WorkspaceRules } from '../rules/rule-book.service.js';
import { isReplayed, type Replay, replay } from './replay.js';
import { ReplayRepository } from './replay.repository.js';
import { ReplaySliceService } from './replay-slice.service.js';

/** Events that are looked at by one page. */
const ROWS = 1_000;
/** Events that are read and tried together: they may be large. */
const SLICE = 50;
/** A page ends after this long, with what it has come to. */
const MAX_PAGE_MS = 2_000;

/** Gives stored events to today's rules of a webhook, as a job. What was made of them before is not made again. */
@Injectable()
export class ReplayService implements JobRunner<Replay>, OnModuleInit {
  readonly kind = 'events.replay';
  readonly input = replay;

  constructor(
    private readonly repository: ReplayRepository,
    private readonly events: EventRepository,
    private readonly eventTypes: EventTypeService,
    private readonly rules: RuleBookService,
    private readonly slices: ReplaySliceService,
    private readonly webhooks: WebhookService,
    private readonly jobs: JobService,
    private readonly worker: JobWorkerService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.worker.register(this);
  }

  /** @throws BugleError 404, 409 `webhook_disabled`, `too_many_jobs`, 422 */
  async replay(caller: Principal, input: Replay): Promise<Job> {
    const { workspaceId } = caller;
    const retentionDays = this.config.BUGLE_RETENTION_DAYS;
    if (input.since !== null) requireKept(input.since, { now: Date.now(), retentionDays });
    const webhook = await this.webhooks.get(workspaceId, input.webhookId);
    await this.refuseUnknownTypes(workspaceId, input.eventTypes ?? []);
    await this.refuseUnknownEvents(workspaceId, input.eventIds ?? []);
    if (!webhook.enabled) throw webhookDisabled();
    // The same events, in whatever order they are named, are the same job.
    const eventIds = input.eventIds && [...new Set(input.eventIds)].toSorted();
    return this.jobs.make(caller, this.kind, { ...input, eventIds });
  }

  async page(job: RunningJob<Replay>, store: StorePage): Promise<void> {
    const { workspaceId, input } = job;
    const webhook = await this.webhooks.find(workspaceId, input.webhookId);
    const rules = await this.rules.load(workspaceId);
    if (!webhook || !rules) throw webhookDeleted();
    if (!webhook.enabled) throw webhookDisabled();
    const headers = await this.headers(job);
    const end = await this.pageOf(job, headers, rules);
    await store(() => Promise.resolve(end));
  }

  private headers({ id, workspaceId, input, cursor }: RunningJob<Replay>): Promise<EventHeader[]> {
    const page = { after: cursor, rows: ROWS };
    return input.eventIds === null
      ? this.repository.headers(workspaceId, { ...idsIn(input, id), ...page })
      : this.repository.named(workspaceId, input.eventIds, page);
  }

  private async refuseUnknownEvents(workspaceId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const headers = await this.repository.named(workspaceId, ids, {
      after: null,
      rows: ids.length,
    });
    const known = new Set(headers.map(({ id }) => id));
    const faults = ids.flatMap((id, index) => (known.has(id) ? [] : unknownEvent(index)));
    if (faults.length > 0) throw invalidInput(faults.slice(0, MAX_FAULTS));
  }

  private async refuseUnknownTypes(workspaceId: string, types: readonly string[]): Promise<void> {
    const faults = checkTriggers(types, await this.eventTypes.triggerable(workspaceId));
    if (faults.length === 0) return;
    throw invalidInput(faults.map((fault) => ({ ...fault, path: `eventTypes${fault.path}` })));
  }

  private async pageOf(
    { id: jobId, workspaceId, input, progress, cursor }: RunningJob<Replay>,
    headers: readonly EventHeader[],
    rules: WorkspaceRules,
  ): Promise<PageEnd> {
    const { webhookId, dryRun, limit } = input;
    const made = dryRun ? 'wouldMake' : 'made';
    const deadline = performance.now() + MAX_PAGE_MS;
    let room = limit - (progress[made] ?? 0);
    let counts: Counts = { lookedAt: 0, [made]: 0, existing: 0, failed: 0 };
    let end = 0;
    while (end < headers.length && room > 0 && performance.now() < deadline) {
      const slice = sliceFrom(headers, end, input);
      const events = await this.events.getMany(workspaceId, slice.ids);
      const options = { rules, webhookId, jobId, dryRun, room };
      const come = await this.slices.replay(events.toReversed(), options);
      const { existing, failed } = come;
      counts = addCounts(counts, {
        lookedAt: slice.end - end,
        [made]: come.made,
        existing,
        failed,
      });
      room -= come.made;
      end = slice.end;
    }
    const isLast = room <= 0 || (end === headers.length && headers.length < ROWS);
    return { cursor: headers[end - 1]?.id ?? cursor, counts, isLast };
  }
}

function unknownEvent(index: number): Fault {
  const message = 'there is no such event in this workspace; events are kept for a time only';
  return { path: `eventIds[${index}]`, code: 'unknown_event', message };
}

/** The next few events that are to be replayed, and how far they reach. */
function sliceFrom(headers: readonly EventHeader[], start: number, input: Replay) {
  const ids: string[] = [];
  let end = start;
  for (; end < headers.length && ids.length < SLICE; end++) {
    const header = headers[end];
    if (header && isReplayed(header, input)) ids.push(header.id);
  }
  return { ids, end };
}
