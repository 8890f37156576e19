import { createLogger } from '../../logger.js';
import { Metrics } from '../../metrics/index.js';
import { DeliverySweepService } from './delivery-sweep.service.js';
import type { DueWebhook } from './queue-upkeep.repository.js';

const gone: DueWebhook = { id: 'gone', workspaceId: null, orderedRevision: null };
const ordered: DueWebhook = { id: 'ordered', workspaceId: 'w', orderedRevision: 1 };

it.each([
  ['cancelling', gone],
  ['giving places', ordered],
])('%s page after page does not keep the process from ending', async (_, webhook) => {
  const { promise: begun, resolve: isBegun } = withResolvers();
  const page = <Next>(next: Next) =>
    new Promise<Next>((resolve) => {
      isBegun();
      setImmediate(() => resolve(next));
    });
  const sweep = new DeliverySweepService(
    {
      dueWebhooks: () => Promise.resolve([webhook]),
      cancelSomeOf: () => page(true),
      givePlacesTo: () => page({ dueAt: '', deliveryId: '' }),
    },
    { look: () => undefined },
    { releaseOfDead: () => Promise.resolve(0) },
    { BUGLE_SWEEP_INTERVAL_MS: 1 },
    createLogger('silent').logger,
    new Metrics(),
  );
  sweep.start();
  await begun;
  await expect(sweep.stop()).resolves.toBeUndefined();
});

function withResolvers() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
