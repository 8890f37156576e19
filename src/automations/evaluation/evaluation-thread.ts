import { parentPort, workerData } from 'node:worker_threads';
import { Evaluator } from './evaluator.js';
import type { ThreadSettings, WireTask } from './messages.js';

/** Where a thread of the pool begins (thread.ts starts it): says that it is ready, then one answer for each question. */
const settings: ThreadSettings = workerData;
const evaluator = new Evaluator(settings, () => performance.now());

parentPort?.on('message', (tasks: readonly WireTask[]) => {
  parentPort?.postMessage(evaluator.answer(tasks));
});
parentPort?.postMessage('ready');
