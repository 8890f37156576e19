import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { Receiver } from '../support/receiver.js';
import type { ProblemBody } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { listen } from '../support/sending-trial.js';
import { until } from '../support/until.js';
import { type DeliveryWithAttempts, Story } from './deliver.fixture.js';

/** One address of each network that Svix, Hook0, WebhookX or n8n refuses, as a host of a URL. */
const inside = `
  0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
  172.31.255.254 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1
  203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 [::] [::1] [::2] [::127.0.0.1]
  [::ffff:10.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::1] [100::1] [2001::1] [2001:db8::1]
  [2002:7f00:1::] [3fff::1] [5f00::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fec0::1]
  [ff02::1]
`
  .trim()
  .split(/\s+/);

const denied = (hosts: readonly string[]): string[][][] => hosts.map(() => [['target_forbidden']]);

const spellings = ['127.1', '2130706433', '0x7f.1', '0177.0.0.1', '0x7f000001', '127.0.0.1.'];
const unicode = ['ｌｏｃａｌｈｏｓｔ', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', '１２７.0.0.1', '127。0。0。1'];

// The names are those of the tests in the repositories of Svix and WebhookX.
describe('a worker that may call the public internet only', () => {
  /** Stores any URL: these were stored when they were allowed, or past the API. */
  let server: TestServer;
  let worker: TestServer;
  let story: Story;
  let machine: Server;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    server = await startTestServer({
      BUGLE_ROLE: 'api',
      BUGLE_ALLOW_NETWORKS: '0.0.0.0/0,::/0',
      BUGLE_RETRY_SCHEDULE: '3600',
    });
    worker = await server.join({ BUGLE_ROLE: 'worker', BUGLE_ALLOW_NETWORKS: 'none' });
    machine = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).end();
    });
    port = await listen(machine);
  });
  afterAll(async () => {
    machine.close();
    await worker.stop();
    await server.stop();
  });
  beforeEach(async () => {
    story = new Story((await server.newWorkspace()).api);
    connections = 0;
  });
  /** What the log says of one event that went to all these hosts. */
  async function logOf(hosts: readonly string[]): Promise<DeliveryWithAttempts[]> {
    await Promise.all(hosts.map((host) => story.webhook(`http://${host}:${port}/latest`)));
    const eventId = await story.publish();
    const found = await until('each has been tried', async () => {
      const tried = await story.deliveries({ eventId, status: 'retrying', limit: '100' });
      return tried.length === hosts.length && tried;
    });
    // A visit of our own, which is the only one that there may be.
    await once(connect(port, '127.0.0.1').resume(), 'close');
    return Promise.all(found.map(({ id }) => story.delivery(id)));
  }

  /** Of each host the code of its one attempt, and with it whatever there is of an answer in the log. */
  async function deniedAt(hosts: readonly string[]): Promise<unknown[]> {
    const deliveries = await logOf(hosts);
    return deliveries.map(({ attempts }) =>
      attempts.map(({ error, statusCode, responseHeaders, responseBody }) =>
        [error?.code, statusCode, responseHeaders, responseBody].filter(Boolean),
      ),
    );
  }
  it('is_allowed_test', async () => {
    expect(await deniedAt(inside)).toEqual(denied(inside));
    expect(connections).toBe(1);
  });

  it('request denied', async () => {
    expect(await deniedAt(spellings)).toEqual(denied(spellings));
    expect(connections).toBe(1);
  });

  it('request denied by hostname', async () => {
    const hosts = ['localhost', 'LOCALHOST'];
    expect(await deniedAt(hosts)).toEqual(denied(hosts));
    expect(connections).toBe(1);
  });

  it('request denied by unicode hostname', async () => {
    expect(await deniedAt(unicode)).toEqual(denied(unicode));
    expect(connections).toBe(1);
  });

  it('request denied by ip resolved by dns', async () => {
    const [delivery] = await logOf(['localhost']);
    expect(delivery?.lastError?.code).toBe('target_forbidden');
    const message = delivery?.attempts[0]?.error?.message;
    expect(message).toContain('BUGLE_ALLOW_NETWORKS');
    expect(message).not.toMatch(/127\.0|::1/);
    expect(connections).toBe(1);
  });
});

describe('a server that stores only what may be called', () => {
  let server: TestServer;
  let story: Story;

  beforeAll(async () => {
    server = await startTestServer({ BUGLE_ALLOW_NETWORKS: '10.1.0.0/16' });
    story = new Story(server.api);
  });
  afterAll(() => server.stop());

  /** The codes of the faults when a webhook is made for this host, or 'stored'. */
  async function storing(host: string): Promise<string> {
    const webhook = { name: host, url: `http://${host}:4000/hook`, events: [] };
    const { status, body } = await server.api.post<ProblemBody>('/v1/webhooks', webhook);
    if (status === 201) return 'stored';
    return `${status} ${body.errors?.map(({ path, code }) => `${path} ${code}`).join()}`;
  }

  it('refuses every address inside, and every spelling of one', async () => {
    const hosts = [...inside, ...spellings, ...unicode, 'localhost', 'app.localhost'];
    for (const host of hosts) {
      const answer = `${host}: ${await storing(host)}`;
      expect(answer).toBe(`${host}: 422 url target_forbidden`);
    }
  });

  it('takes what the operator allows, and names, which are judged when connecting', async () => {
    expect(await Promise.all(['10.1.2.3', '8.8.8.8', 'receiver.internal'].map(storing))).toEqual([
      'stored',
      'stored',
      'stored',
    ]);
  });

  it('refuses it for a webhook that there is, but never for what was there before', async () => {
    const { id } = await story.webhook('https://example.com/');
    const moved = await server.api.patch<ProblemBody>(`/v1/webhooks/${id}`, {
      url: 'http://169.254.169.254/',
    });
    expect(moved).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'url', code: 'target_forbidden' }] },
    });
    expect(moved.body.errors?.[0]?.message).toContain('BUGLE_ALLOW_NETWORKS');

    await server.query(`UPDATE webhooks SET url = 'http://10.2.0.1/' WHERE id = $1`, [id]);
    const renamed = await server.api.patch(`/v1/webhooks/${id}`, { name: 'still here' });
    expect(renamed.status).toBe(200);
  });
});

describe('a server that may call this machine', () => {
  let server: TestServer;
  let story: Story;

  beforeAll(async () => {
    server = await startTestServer({ BUGLE_RETRY_SCHEDULE: '3600' });
    story = new Story(server.api);
  });
  afterAll(() => server.stop());

  it('test_no_redirects_policy', async () => {
    const elsewhere = await Receiver.start();
    const receiver = await Receiver.start({ status: 302, headers: { location: elsewhere.url } });
    await story.webhook(receiver.url);
    const { attempts } = await story.settled(await story.publish(), 'retrying');
    expect(attempts).toMatchObject([
      { outcome: 'rejected', statusCode: 302, responseHeaders: { location: elsewhere.url } },
    ]);
    expect(elsewhere.requests).toEqual([]);
    await Promise.all([receiver.stop(), elsewhere.stop()]);
  });

  it('test_filtering', async () => {
    const { api } = await server.newWorkspace();
    const allowed = await Receiver.start();
    const tenant = new Story(api);
    await tenant.webhook(allowed.url);
    const forbidden = await tenant.webhook('https://example.com/');
    // As it is after the operator has closed a network.
    await server.query(`UPDATE webhooks SET url = 'http://10.0.0.1:9/' WHERE id = $1`, [
      forbidden.id,
    ]);
    await api.patch(`/v1/webhooks/${forbidden.id}`, { description: 'read again' });
    const eventId = await tenant.publish();
    const settled = ['delivered', 'retrying'];
    const tried = await until('both have been tried', async () => {
      const found = await tenant.deliveries({ eventId });
      return found.length === 2 && found.every(({ status }) => settled.includes(status)) && found;
    });
    const codes = tried.map(({ status, lastError }) => lastError?.code ?? status);
    expect(codes.toSorted()).toEqual(['delivered', 'target_forbidden']);
    await allowed.stop();
  });
});
