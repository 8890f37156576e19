import { parentPort } from 'node:worker_threads';
import type { Answer, Result, Task } from './messages.js';

/**
 * The entry of a thread that does what the template of a rule says, for the tests of the pool: no template of the real
 * language can hang, and the pool has to hold all the same.
 */
parentPort?.on('message', (tasks: readonly Task[]) => {
  const results = tasks.map((task) => obey(task));
  const answer: Answer = { results, took: results.map(() => 1) };
  parentPort?.postMessage(answer);
});
parentPort?.postMessage('ready');

function obey(task: Task): Result {
  const template = task.kind === 'try' ? (task.trial.rule.template ?? '') : '';
  if (template === 'hang') for (;;);
  if (template === 'eat memory') eat();
  if (template === 'throw') throw new Error('a bug');
  if (template === 'exit') process.exit(3);
  return {
    kind: 'tried',
    outcome: { kind: 'rendered', body: template, contentType: 'text/plain' },
  };
}

function eat(): never {
  const eaten: unknown[] = [];
  for (;;) eaten.push(Array.from({ length: 1000 }, () => ({ eaten })));
}
