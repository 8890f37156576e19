import { ConnectProxy } from '../support/connect-proxy.js';
import { Receiver } from '../support/receiver.js';
import { ServerProcess } from '../support/server-process.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';
import { isVerified } from './signatures.fixture.js';

describe('a server behind an egress proxy', () => {
  let server: TestServer;
  let proxy: ConnectProxy;
  let receiver: Receiver;
  let story: Story;

  beforeAll(async () => {
    proxy = await ConnectProxy.start();
    server = await startTestServer({
      BUGLE_EGRESS_PROXY: `http://user:hunter2@127.0.0.1:${proxy.port}`,
      BUGLE_RETRY_SCHEDULE: '3600',
    });
  });
  afterAll(async () => {
    await server.stop();
    proxy.close();
  });
  beforeEach(async () => {
    receiver = await Receiver.start();
    story = new Story((await server.newWorkspace()).api);
    proxy.answers('open');
    proxy.asked.length = 0;
  });
  afterEach(() => receiver.stop());

  it('sends through it what it would send without it', async () => {
    const { secret } = await story.webhook(receiver.url);
    const delivery = await story.settled(await story.publish(), 'delivered');
    const [request] = receiver.requests;
    expect(request && isVerified(secret, request)).toBe(true);
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith('proxy'))).toEqual(
      [],
    );
    expect(proxy.asked).toHaveLength(1);
    expect(JSON.stringify(delivery)).not.toContain('hunter2');
  });

  it('asks it for the address that was judged, and not for the name', async () => {
    const { port } = new URL(receiver.url);
    await story.webhook(`http://localhost:${port}/`);
    await story.settled(await story.publish(), 'delivered');
    expect(proxy.asked.map((head) => head.split('\r\n')[0])).toEqual([
      `CONNECT 127.0.0.1:${port} HTTP/1.1`,
    ]);
    expect(receiver.requests[0]?.headers.host).toBe(`localhost:${port}`);
  });

  it('does not ask it for a target that is forbidden', async () => {
    const { id } = await story.webhook('https://example.com/');
    // As it is after the operator has closed a network.
    await server.query(`UPDATE webhooks SET url = 'http://10.0.0.1/' WHERE id = $1`, [id]);
    await story.api.patch(`/v1/webhooks/${id}`, { description: 'read again' });
    const { lastError } = await story.settled(await story.publish(), 'retrying');
    expect(lastError?.code).toBe('target_forbidden');
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    ['407 Proxy Authentication Required', 'proxy_failure'],
    ['502 Bad Gateway', 'unreachable_through_proxy'],
  ])('tells its fault from one of the target: %s', async (status, code) => {
    proxy.answers({ bytes: `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n` });
    await story.webhook(receiver.url);
    const delivery = await story.settled(await story.publish(), 'retrying');
    expect(delivery.lastError?.code).toBe(code);
    expect(JSON.stringify(delivery)).not.toContain('hunter2');
    expect(receiver.requests).toEqual([]);
  });
});

it('a proxy whose credentials cannot be read stops the start, and they are not shown', async () => {
  const settings = { BUGLE_EGRESS_PROXY: 'http://user:hunter2%zz@127.0.0.1:3128' };
  const { code, stderr } = await ServerProcess.run(settings);
  expect(code).toBe(1);
  expect(stderr).toContain('Bugle cannot start: BUGLE_EGRESS_PROXY ');
  expect(stderr).not.toContain('hunter2');
});
