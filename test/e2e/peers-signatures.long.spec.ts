import { Receiver, type ReceivedRequest } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';
import { isGenuine, isVerified } from './signatures.fixture.js';

// The names are those of the tests in the repositories of Outpost and Svix.
describe('signatures', () => {
  let server: TestServer;
  let receiver: Receiver;
  let story: Story;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
    story = new Story((await server.newWorkspace()).api);
  });
  afterEach(() => receiver.stop());

  async function next(): Promise<ReceivedRequest> {
    const seen = receiver.requests.length;
    await story.publish();
    const request = (await receiver.received(seen + 1))[seen];
    if (!request) throw new Error('no request');
    return request;
  }

  const rotate = (id: string, body: object) =>
    story.api.make<{ secret: string }>(`/v1/webhooks/${id}/rotate-secret`, body);

  it('TestWebhookSignatures_RotatedSecretAcceptedDuringGracePeriod', async () => {
    const { id, secret: old } = await story.webhook(receiver.url);
    const { secret } = await rotate(id, { graceHours: 1 });
    const request = await next();
    expect([isGenuine(old, request), isGenuine(secret, request)]).toEqual([true, true]);
  });

  it('TestWebhookSignatures_WrongSecretFailsVerification', async () => {
    const { secret } = await story.webhook(receiver.url);
    const request = await next();
    expect(isVerified(secret, request)).toBe(true);
    expect(isVerified(`whsec_${Buffer.alloc(32, 7).toString('base64')}`, request)).toBe(false);
    expect(isGenuine(secret, { ...request, body: `${request.body} ` })).toBe(false);
  });

  it('test_endpoint_rotate_signing_e2e', async () => {
    const { id, secret: first } = await story.webhook(receiver.url);
    const before = await next();
    const { secret: second } = await rotate(id, { graceHours: 1 });
    const inGrace = await next();
    await rotate(id, { secret: second, graceHours: 0 });
    const after = await next();

    const signedBy = (request: ReceivedRequest): boolean[] =>
      [first, second].map((secret) => isGenuine(secret, request));
    expect([before, inGrace, after].map(signedBy)).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  // Svix keeps ten old secrets and refuses the eleventh rotation. Here the newest two sign, whatever came before.
  it('test_endpoint_rotate_max', async () => {
    const webhook = await story.webhook(receiver.url);
    const secrets = [webhook.secret];
    for (let count = 0; count < 11; count += 1) {
      secrets.push((await rotate(webhook.id, { graceHours: 1 })).secret);
    }
    const request = await next();
    const signing = secrets.filter((secret) => isGenuine(secret, request));
    expect(signing).toEqual(secrets.slice(-2));
    expect(request.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it('test_endpoint_secret_encryption_in_database', async () => {
    const { id, secret } = await story.webhook(receiver.url);
    await rotate(id, { graceHours: 1 });
    const rows = await server.query<{ row: string; previous: Buffer }>(
      'SELECT w::text AS row, previous_secret AS previous FROM webhooks w WHERE id = $1',
      [id],
    );
    const [stored] = rows;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(stored?.row).not.toContain(secret.slice('whsec_'.length));
    expect(stored?.previous.length).toBeGreaterThan(key.length);
    expect(stored?.previous.includes(key) || stored?.previous.includes(secret)).toBe(false);
  });
});
