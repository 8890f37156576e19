import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, Client } from '../support/client.js';
import { oneOf } from '../support/random.js';

/** A workspace to publish into. */
export interface Tenant {
  id: string;
  key: string;
  /** How many deliveries each of its events has to make. */
  webhooks: number;
  /** How much of what is published is for it. */
  share: number;
}

/** An event that was answered 202. */
export interface Accepted {
  id: string;
  tenant: Tenant;
  /** What it was published under; undefined when the producer gave it nothing to be recognised by. */
  sourceId: string | undefined;
}

/** An event as its source has it. */
interface SourceEvent {
  type: string;
  id: string;
  data: object;
}

interface Published {
  id: string;
  duplicate: boolean;
}

/** How long one request may take, whatever has happened to the server behind it. */
export const ANSWER_WITHIN_MS = 15_000;
const CLIENTS = 4;
const EVERY_MS = 120;
const BATCH = 5;
/** More than this on its way, and nothing is published: the test shall end on a busy machine, too. */
const MAX_BACKLOG = 400;
const AGAIN_AFTER_MS = 100;

/** What a producer here knows of the rest of the scene. */
interface World {
  random: () => number;
  /** Deliveries of which something has arrived at the receiver. */
  arrived: () => number;
}

/** Publishes on and on, as a careful producer does: what was not answered is sent again, under the same id. */
export class Producer {
  readonly accepted = new Map<string, Accepted>();
  /** What a producer must not meet: answers that are neither 202 nor 503, a 503 without Retry-After, none in time. */
  readonly complaints: string[] = [];
  slowestMs = 0;
  unavailable = 0;
  broken = 0;
  repeated = 0;
  private published = 0;
  /** Deliveries that what was accepted has to make. */
  private expected = 0;
  private isRunning = true;
  private readonly running: Promise<unknown>;

  constructor(
    private readonly addresses: () => string[],
    private readonly tenants: readonly Tenant[],
    private readonly world: World,
  ) {
    this.running = Promise.all(Array.from({ length: CLIENTS }, () => this.goOn()));
  }

  /** Stops, once the last request was answered. */
  async stop(): Promise<void> {
    this.isRunning = false;
    await this.running;
  }

  /** Publishes one event and answers its id, however often it takes. */
  async publish(tenant: Tenant): Promise<string> {
    const event = this.newEvent();
    const published = await this.insist<Published>(tenant, '/v1/events', event);
    this.note(tenant, published, event.id);
    return published.id;
  }

  private async goOn(): Promise<void> {
    while (this.isRunning) {
      await pause(EVERY_MS * this.world.random() * 2);
      if (this.expected - this.world.arrived() > MAX_BACKLOG) continue;
      const tenant = this.tenantByShare();
      const chosen = this.world.random();
      if (chosen < 0.2) await this.publishBatch(tenant);
      else if (chosen < 0.3) await this.publishUnnamed(tenant);
      else if (chosen < 0.4) await this.repeat();
      else await this.publish(tenant);
    }
  }

  private async publishBatch(tenant: Tenant): Promise<void> {
    const events = Array.from({ length: BATCH }, () => this.newEvent());
    const answer = await this.insist<{ results: Published[] }>(tenant, '/v1/events/batch', {
      events,
    });
    answer.results.forEach((published, index) => this.note(tenant, published, events[index]?.id));
  }

  /** Without an id: what is not answered may or may not be there, and is not sent again. */
  private async publishUnnamed(tenant: Tenant): Promise<void> {
    const { id: _, ...event } = this.newEvent();
    const answer = await this.post<Published>(tenant, '/v1/events', event);
    if (answer?.status === 202) this.note(tenant, answer.body, undefined);
  }

  /** Something that was accepted before, as a producer does that did not hear of it. */
  private async repeat(): Promise<void> {
    const named = [...this.accepted.values()].slice(-50).filter(({ sourceId }) => sourceId);
    if (named.length === 0) return;
    const { id, tenant, sourceId } = oneOf(named, this.world.random);
    const answer = await this.post<Published>(tenant, '/v1/events', eventOf(sourceId ?? ''));
    if (answer?.status !== 202) return;
    this.repeated += 1;
    if (answer.body.id !== id || !answer.body.duplicate) {
      this.complaints.push(`${sourceId} was taken for new when it came again`);
    }
  }

  private newEvent(): SourceEvent {
    return eventOf(`source ${this.published++}`);
  }

  private note(tenant: Tenant, { id }: Published, sourceId: string | undefined): void {
    if (!this.accepted.has(id)) this.expected += tenant.webhooks;
    this.accepted.set(id, { id, tenant, sourceId });
  }

  private tenantByShare(): Tenant {
    return oneOf(
      this.tenants.flatMap((tenant) => Array.from({ length: tenant.share }, () => tenant)),
      this.world.random,
    );
  }

  private async insist<Body>(tenant: Tenant, path: string, body: object): Promise<Body> {
    for (;;) {
      const answer = await this.post<Body>(tenant, path, body);
      if (answer?.status === 202) return answer.body;
      await pause(AGAIN_AFTER_MS);
    }
  }

  /** Undefined when no answer has come. */
  private async post<Body>(
    tenant: Tenant,
    path: string,
    body: object,
  ): Promise<Answer<Body> | undefined> {
    const addresses = this.addresses();
    if (addresses.length === 0) return undefined;
    const api = new Client(oneOf(addresses, this.world.random), tenant.key);
    const started = performance.now();
    const answer = await inTime(api.post<Body>(path, body));
    const ms = Math.round(performance.now() - started);
    this.slowestMs = Math.max(this.slowestMs, ms);
    if (answer) this.judge(answer);
    else this.broken += 1;
    if (ms > ANSWER_WITHIN_MS) this.complaints.push(`a publication was not answered for ${ms} ms`);
    return answer;
  }

  private judge({ status, headers, body }: Answer): void {
    if (status === 503) this.unavailable += 1;
    if (status === 503 && !headers.get('retry-after')) {
      this.complaints.push('a 503 had no Retry-After');
    }
    if (status !== 202 && status !== 503) {
      this.complaints.push(`a publication was answered ${status}: ${JSON.stringify(body)}`);
    }
  }
}

function eventOf(id: string): SourceEvent {
  return { type: 'user.created', id, data: { source: id } };
}

/** Undefined when the connection broke, or nothing came for longer than anybody waits. */
async function inTime<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  const timeout = new AbortController();
  const late = pause(ANSWER_WITHIN_MS + 1_000, undefined, { signal: timeout.signal });
  try {
    return await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    timeout.abort();
    late.catch(() => undefined);
  }
}
