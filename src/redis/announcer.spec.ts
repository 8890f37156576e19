import { once } from 'node:events';
import { pino } from 'pino';
import { until } from '../../test/support/until.js';
import { Announcer } from './announcer.js';
import type { JobQueue } from './job-queue.js';

/** A queue that can be full, broken, or slow to answer. */
class FakeQueue implements JobQueue {
  readonly jobs: object[] = [];
  failure: Error | undefined;
  length = 0;
  answers: Promise<unknown> = Promise.resolve();

  async add(job: object): Promise<void> {
    await this.answers;
    if (this.failure) throw this.failure;
    this.jobs.push(job);
  }

  waiting(): Promise<number> {
    return Promise.resolve(this.length);
  }

  next(): Promise<unknown> {
    return Promise.resolve(undefined);
  }

  stopTaking(): void {
    this.length = 0;
  }
}

let queue: FakeQueue;
let waiting: number[];
let lost: number;
let lines: string[];
let announcer: Announcer<{ numbers: number[] }>;

beforeEach(() => {
  queue = new FakeQueue();
  waiting = [];
  lost = 0;
  lines = [];
  const logger = pino(
    {},
    { write: (line: string) => void lines.push(String(JSON.parse(line).msg)) },
  );
  announcer = new Announcer({
    queue,
    take: () => (waiting.length > 0 ? [{ numbers: waiting.splice(0) }] : []),
    maxWaiting: 10,
    onLost: () => (lost += 1),
    name: 'events',
    logger,
  });
});

function announce(...numbers: number[]): void {
  waiting.push(...numbers);
  announcer.wake();
}

it('puts together what comes while a write is under way', async () => {
  const answer = new AbortController();
  queue.answers = once(answer.signal, 'abort');
  announce(1);
  announce(2);
  announce(3);
  answer.abort();
  await until('all is written', () => queue.jobs.length === 2);
  expect(queue.jobs).toEqual([{ numbers: [1] }, { numbers: [2, 3] }]);
});

it('adds nothing to a queue that is full, and goes on when it is not', async () => {
  queue.length = 10;
  announce(1);
  await until('the queue is seen to be full', () => queue.jobs.length === 1);
  await announcerIsIdle();
  announce(2);
  await until('the loss is told', () => lost === 1);
  queue.length = 0;
  await announcerIsIdle();
  announce(3);
  await until('it goes on', () => queue.jobs.length === 2);
  expect(queue.jobs).toEqual([{ numbers: [1] }, { numbers: [3] }]);
});

it('keeps nothing that the queue refused, and logs an outage once', async () => {
  queue.failure = new Error('OOM command not allowed');
  for (let n = 1; n <= 3; n++) {
    announce(n);
    await until('it is lost', () => lost === n);
    await announcerIsIdle();
  }
  expect(announcer.isWorking).toBe(false);
  queue.failure = undefined;
  announce(4);
  await until('it goes on', () => queue.jobs.length === 1);
  await announcer.close();
  expect(queue.jobs).toEqual([{ numbers: [4] }]);
  expect(lines).toEqual(['handoff.left_to_sweep', 'handoff.works_again']);
});

it('writes nothing after it was closed', async () => {
  await announcer.close();
  announce(1);
  await announcerIsIdle();
  expect(queue.jobs).toEqual([]);
});

function announcerIsIdle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
