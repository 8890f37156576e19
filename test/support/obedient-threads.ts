import { EvaluationService } from '../../src/automations/evaluation/index.js';

const obedient = new URL('../../src/automations/evaluation/thread.fixture.js', import.meta.url);

/** @see OBEDIENT_THREADS */
export default function rig(): () => void {
  const own = Object.getOwnPropertyDescriptor(EvaluationService.prototype, 'threadEntry') ?? {};
  EvaluationService.prototype.threadEntry = () => obedient;
  return () => void Object.defineProperty(EvaluationService.prototype, 'threadEntry', own);
}
