import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/index.js';
import { ConnectProxy } from '../support/connect-proxy.js';
import type { ServerProcess } from '../support/server-process.js';
import { listen } from '../support/sending-trial.js';
import { Ground } from '../faults/crash.fixture.js';
import { Story } from './deliver.fixture.js';

/** Certificates of an authority that was made for this test; `openssl x509 -text -in good.pem` tells each. */
const folder = join(packageRoot, 'test', 'fixtures', 'tls');
const certificates = ['good', 'expired', 'self-signed', 'wrong-host'] as const;

describe('a receiver that speaks TLS', () => {
  let ground: Ground;
  let story: Story;
  let proxy: ConnectProxy;
  let process: ServerProcess;
  const servers: Server[] = [];

  beforeAll(async () => {
    ground = await Ground.prepare();
    proxy = await ConnectProxy.start();
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    proxy.close();
    await ground.clear();
  });

  // One at a time: each would take the work of the other.
  afterEach(() => process.kill('SIGTERM'));

  async function start(settings: Record<string, string>): Promise<void> {
    const server = await ground.server({
      // An authority of one's own is Node's to know: there is no setting of Bugle.
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      BUGLE_RETRY_SCHEDULE: '3600',
      ...settings,
    });
    story = new Story(ground.api(server));
    process = server;
  }

  /** Where somebody listens with this certificate. */
  async function urlOf(certificate: (typeof certificates)[number]): Promise<string> {
    const pem = readFileSync(join(folder, `${certificate}.pem`));
    const server = createServer({ key: pem, cert: pem }, (_, response) => response.end('ok'));
    server.on('tlsClientError', () => undefined);
    servers.push(server);
    return `https://127.0.0.1:${await listen(server)}/hook`;
  }

  /** The code in the log of a test request to each certificate's server. */
  async function codes(): Promise<Record<string, string>> {
    const told: Record<string, string> = {};
    for (const certificate of certificates) {
      const { id } = await story.webhook(await urlOf(certificate), { events: [] });
      const { id: eventId } = await story.api.make<{ id: string }>(`/v1/webhooks/${id}/test`);
      const status = certificate === 'good' ? 'delivered' : 'retrying';
      const { lastError } = await story.settled(eventId, status, 1);
      told[certificate] = lastError?.code ?? status;
    }
    return told;
  }

  const expected = {
    good: 'delivered',
    expired: 'tls_certificate_expired',
    'self-signed': 'tls_certificate_untrusted',
    'wrong-host': 'tls_certificate_wrong_host',
  };

  it('is told by its certificate', async () => {
    await start({});
    expect(await codes()).toEqual(expected);
    expect(proxy.asked).toEqual([]);
  });

  it('is told by its certificate through a proxy too', async () => {
    await start({ BUGLE_EGRESS_PROXY: `http://user:hunter2@127.0.0.1:${proxy.port}` });
    expect(await codes()).toEqual(expected);
    expect(proxy.asked).toHaveLength(certificates.length);
  });
});
