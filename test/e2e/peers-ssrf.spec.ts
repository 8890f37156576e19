import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { Receiver } from '../support/receiver.js';
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

// The names are those of the tests in the repositories of Svix and WebhookX.
describe('a server that may call the public internet only', () => {
  let server: TestServer;
  let story: Story;
  let machine: Server;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    server = await startTestServer({ BUGLE_ALLOW_NETWORKS: '', BUGLE_RETRY_SCHEDULE: '3600' });
    machine = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).end();
    });
    port = await listen(machine);
  });
  afterAll(async () => {
    machine.close();
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
    const hosts = ['127.1', '2130706433', '0x7f.1', '0177.0.0.1', '0x7f000001', '127.0.0.1.'];
    expect(await deniedAt(hosts)).toEqual(denied(hosts));
    expect(connections).toBe(1);
  });

  it('request denied by hostname', async () => {
    const hosts = ['localhost', 'LOCALHOST'];
    expect(await deniedAt(hosts)).toEqual(denied(hosts));
    expect(connections).toBe(1);
  });

  it('request denied by unicode hostname', async () => {
    const hosts = ['ｌｏｃａｌｈｏｓｔ', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', '１２７.0.0.1', '127。0。0。1'];
    expect(await deniedAt(hosts)).toEqual(denied(hosts));
    expect(connections).toBe(1);
  });

  it('request denied by ip resolved by dns', async () => {
    const [delivery] = await logOf(['localhost']);
    expect(delivery?.lastError?.code).toBe('target_forbidden');
    expect(delivery?.attempts[0]?.error?.message).not.toMatch(/127\.0|::1/);
    expect(connections).toBe(1);
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
    await tenant.webhook('http://10.0.0.1:9/');
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
