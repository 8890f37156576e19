// What other webhook services test about reading the log and about deleting, under their own names: Outpost (cmd/e2e),
// Svix (tests/it). Svix's `back` and Outpost's ascending order do not apply: our lists go one way, newest first. Nor
// does Svix's test_app_deletion: a workspace is not deleted through the API.
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { type DeliveryBody, type PageBody, Story } from './deliver.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer({ BUGLE_RETRY_SCHEDULE: '0.01,3600', BUGLE_RETRY_JITTER: '0' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace()).api);
});
afterEach(() => receiver.stop());

/** So many events, oldest first, each delivered to every webhook. */
async function delivered(count: number, webhooks = 1): Promise<string[]> {
  const eventIds: string[] = [];
  for (let n = 0; n < count; n++) eventIds.push(await story.publish({ n }));
  await receiver.received(count * webhooks);
  return eventIds;
}

const timeOf = (id: string) =>
  new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString();

/** All pages, one after the other. */
async function walk(query: Record<string, string>): Promise<DeliveryBody[][]> {
  const pages: PageBody<DeliveryBody>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: PageBody<DeliveryBody> = await story.page({ ...query, ...(cursor && { cursor }) });
    pages.push(page);
    cursor = page.nextCursor;
  }
  return pages.map(({ data }) => data);
}

describe('reading the log', () => {
  it('Svix test_pagination_by_endpoint, Outpost TestLogQueries_Pagination', async () => {
    const { id: webhookId } = await story.webhook(receiver.url);
    await story.webhook(receiver.url);
    const eventIds = await delivered(7, 2);
    const pages = await walk({ webhookId, limit: '3' });
    expect(pages.map((rows) => rows.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map(({ eventId }) => eventId)).toEqual(eventIds.toReversed());
  });

  it('Svix test_pagination_by_msg', async () => {
    const webhooks = [];
    for (let n = 0; n < 5; n++) webhooks.push((await story.webhook(receiver.url)).id);
    const [, eventId = ''] = await delivered(2, 5);
    const pages = await walk({ eventId, limit: '2' });
    expect(pages.map((rows) => rows.length)).toEqual([2, 2, 1]);
    const reached = pages.flat().map(({ webhookId }) => webhookId);
    expect(reached.toSorted()).toEqual(webhooks.toSorted());
  });

  it('Svix test_pagination_forward_and_back (forward)', async () => {
    await story.webhook(receiver.url);
    const eventIds = await delivered(5);
    const first = await story.page({ limit: '2' });
    const query = { limit: '2', cursor: first.nextCursor ?? '' };
    const [second, again] = [await story.page(query), await story.page(query)];
    expect(again.data.map(({ id }) => id)).toEqual(second.data.map(({ id }) => id));
    expect([...first.data, ...second.data].map(({ eventId }) => eventId)).toEqual(
      eventIds.toReversed().slice(0, 4),
    );
  });

  it('Svix test_combined_before_after_filtering', async () => {
    await story.webhook(receiver.url);
    const eventIds = await delivered(6);
    const [, , since = '', , until = ''] = eventIds;
    const times = { since: timeOf(since), until: timeOf(until) };
    const found = (await walk({ ...times, limit: '1' })).flat().map(({ eventId }) => eventId);
    const expected = eventIds.filter((id) => timeOf(id) >= times.since && timeOf(id) < times.until);
    expect(found).toEqual(expected.toReversed());
    expect(found.length).toBeGreaterThan(0);
  });

  it('Outpost TestLogQueries_Attempts', async () => {
    const { id: webhookId } = await story.webhook(receiver.url);
    await delivered(1);
    receiver.answer({ status: 503 });
    const failed = await story.settled(await story.publish(), 'retrying', 2);
    await story.webhook('http://127.0.0.1:9/', { events: ['user.deleted'] });
    const refused = await story.settled(await story.publish({}, 'user.deleted'), 'retrying', 2);
    const ids = async (query: Record<string, string>) =>
      (await story.deliveries(query)).map(({ id }) => id);
    expect(await ids({ status: 'retrying', webhookId })).toEqual([failed.id]);
    expect(await ids({ statusCode: '503' })).toEqual([failed.id]);
    expect(await ids({ statusClass: '5xx' })).toEqual([failed.id]);
    expect(await ids({ statusClass: '4xx' })).toEqual([]);
    expect(await ids({ errorCode: 'connection_refused' })).toEqual([refused.id]);
    expect(await ids({ errorCode: 'rejected', eventType: 'user.created' })).toEqual([failed.id]);
    expect(failed.attempts.map(({ number, statusCode }) => [number, statusCode])).toEqual([
      [1, 503],
      [2, 503],
    ]);
  });

  it('Outpost TestLogQueries_Events', async () => {
    const eventIds = [await story.publish(), await story.publish({}, 'user.deleted')];
    const list = async (query: string) =>
      (await story.api.get<PageBody<{ id: string }>>(`/v1/events?${query}`)).body.data;
    expect((await list('')).map(({ id }) => id)).toEqual(eventIds.toReversed());
    expect(await list('type=user.deleted')).toMatchObject([{ id: eventIds[1] }]);
    expect(await list('until=2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('Outpost TestLogQueries_SortOrder (newest first)', async () => {
    await story.webhook(receiver.url);
    await delivered(4);
    const ids = (await story.deliveries()).map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
  });
});

describe('exhausted deliveries', () => {
  it('are listed by webhook, by automation and by type', async () => {
    receiver.answer({ status: 410 });
    const made = await story.webhook(receiver.url, { events: ['user.deleted'] });
    const other = await story.webhook(receiver.url, { events: [] });
    const automation = await story.automation(other.id);
    const plain = await story.settled(await story.publish({}, 'user.deleted'), 'exhausted');
    const ruled = await story.settled(await story.publish(), 'exhausted');
    const ids = async (query: Record<string, string>) =>
      (await story.deliveries({ status: 'exhausted', ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual([ruled.id, plain.id]);
    expect(await ids({ webhookId: made.id })).toEqual([plain.id]);
    expect(await ids({ automationId: automation.id })).toEqual([ruled.id]);
    expect(await ids({ eventType: 'user.deleted' })).toEqual([plain.id]);
    expect(await ids({ eventType: 'user.updated' })).toEqual([]);
  });
});

describe('deleting', () => {
  it('Svix test_endp_deletion (while queued)', async () => {
    receiver.answer({ status: 500 });
    const { id } = await story.webhook(receiver.url);
    const eventId = await story.publish();
    await story.settled(eventId, 'retrying', 2);
    expect((await story.api.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    const { attempts } = await story.settled(eventId, 'cancelled');
    expect(attempts).toHaveLength(2);
    expect((await story.api.get(`/v1/webhooks/${id}`)).status).toBe(404);
  });

  it('Svix test_restricted_application_access', async () => {
    const { id: webhookId } = await story.webhook(receiver.url);
    const { id, eventId } = await story.settled(await story.publish(), 'delivered');
    const stranger = (await server.newWorkspace()).api;
    for (const path of [`webhooks/${webhookId}`, `deliveries/${id}`, `events/${eventId}`])
      expect((await stranger.get(`/v1/${path}`)).status).toBe(404);
    for (const path of [`deliveries/${id}/redeliver`, `deliveries/${id}/cancel`])
      expect((await stranger.post(`/v1/${path}`)).status).toBe(404);
    const theirs = await stranger.get<PageBody<DeliveryBody>>(
      `/v1/deliveries?webhookId=${webhookId}`,
    );
    expect(theirs.body.data).toEqual([]);
  });
});
