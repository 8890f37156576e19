import { parentPort } from 'node:worker_threads';
import type { Answer, Result, WireTask } from './messages.js';

/**
 * The entry of a thread that does what the template of a rule says, for the tests of the pool: no template of the real
 * language can hang, and the pool has to hold all the same.
 */
parentPort?.on('message', (tasks: readonly WireTask[]) => {
  const isSlow = tasks.some((task) => templateOf(task).startsWith('one at a time'));
  const results = tasks.slice(0, isSlow ? 1 : tasks.length).map((task) => obey(task));
  const answer: Answer = { results, took: results.map(() => 1) };
  parentPort?.postMessage(answer);
});
parentPort?.postMessage('ready');

function obey(task: WireTask): Result {
  if (task.kind !== 'try') {
    return { kind: 'checked', check: { faults: [], warnings: [], variables: [] } };
  }
  const body = templateOf(task);
  if (body === 'hang') for (;;);
  if (body === 'eat memory') eat();
  if (body === 'throw') throw new Error('a bug');
  if (body === 'exit') process.exit(3);
  return { kind: 'tried', outcome: { kind: 'rendered', body, contentType: 'text/plain' } };
}

function templateOf(task: WireTask): string {
  return task.kind === 'try' ? (task.trial.rule.template ?? '') : '';
}

function eat(): never {
  const eaten: unknown[] = [];
  for (;;) eaten.push(Array.from({ length: 1000 }, () => ({ eaten })));
}
