import { NOWHERE } from '../support/builders.js';
import type { ProblemBody } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { Story } from './deliver.fixture.js';
import { AGES_AGO, anHourAgo, doneJob, ended, type JobBody } from './job.fixture.js';

let server: TestServer;
let receiver: Receiver;
let story: Story;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  story = new Story((await server.newWorkspace({ acceptUnknownTypes: true })).api);
});
afterEach(() => receiver.stop());

const replay = (webhookId: string, fields: object = {}): Promise<JobBody> =>
  doneJob(story.api, `/v1/webhooks/${webhookId}/replay`, { since: anHourAgo(), ...fields });

/** So many events that nobody asks for. */
async function published(count: number, type?: string): Promise<void> {
  for (let n = 0; n < count; n++) await story.publish({ n }, type);
  await server.dispatched();
}

/** What was sent, in no order: requests overtake each other. */
const bodies = () =>
  receiver.requests
    .map(({ body }) => (JSON.parse(body) as { data: { n: number } }).data.n)
    .toSorted((a, b) => a - b);

describe('replaying stored events', () => {
  it('sends a new webhook what happened before it was made', async () => {
    await published(3);
    const { id } = await story.webhook(receiver.url);
    const job = await replay(id);
    expect(job).toMatchObject({
      kind: 'events.replay',
      status: 'done',
      progress: { lookedAt: 3, made: 3, existing: 0, failed: 0 },
    });
    await receiver.received(3);
    expect(bodies()).toEqual([0, 1, 2]);
    expect(await story.deliveries({ webhookId: id })).toHaveLength(3);
  });

  it('makes nothing twice, however often it is asked for', async () => {
    await published(2);
    const { id } = await story.webhook(receiver.url);
    const eventId = await story.publish({ n: 2 });
    await story.settled(eventId, 'delivered');
    const asked = [await replay(id), await replay(id), await replay(id, { limit: 500 })];
    expect(asked.map(({ progress: { made, existing } }) => ({ made, existing }))).toEqual([
      { made: 2, existing: 1 },
      { made: 0, existing: 3 },
      { made: 0, existing: 3 },
    ]);
    await receiver.received(3);
    expect(bodies()).toEqual([0, 1, 2]);
  });

  it('goes through the rules as they are now, conditions and templates too', async () => {
    await published(4);
    const { id } = await story.webhook(receiver.url, { events: [] });
    await story.automation(id, {
      condition: { '>=': [{ var: 'data.n' }, 2] },
      template: '{"data": {"n": {{ data.n * 10 }}}}',
    });
    expect((await replay(id)).progress).toMatchObject({ lookedAt: 4, made: 2 });
    await receiver.received(2);
    expect(bodies()).toEqual([20, 30]);
  });

  it('is for one webhook alone', async () => {
    await published(2);
    const { id } = await story.webhook(receiver.url);
    const bystander = await story.webhook(receiver.url);
    expect((await replay(id)).progress.made).toBe(2);
    expect(await story.deliveries({ webhookId: bystander.id })).toEqual([]);
  });

  it('counts first, when told so: nothing is sent and nothing stored', async () => {
    await published(2);
    const { id } = await story.webhook(receiver.url);
    await story.settled(await story.publish(), 'delivered');
    const before = await server.rowCounts();
    const { progress } = await replay(id, { dryRun: true });
    expect(progress).toEqual({ lookedAt: 3, wouldMake: 2, existing: 1, failed: 0 });
    const { jobs = 0, ...others } = await server.rowCounts();
    expect({ ...others, jobs: jobs - 1 }).toEqual(before);
  });

  it('keeps to the period, the types and the limit', async () => {
    await published(2);
    await published(2, 'user.deleted');
    await published(40, 'user.updated');
    const { id } = await story.webhook(receiver.url, { events: ['user.*'] });
    const count = async (fields: object) =>
      (await replay(id, { dryRun: true, ...fields })).progress.wouldMake;
    expect(await count({})).toBe(44);
    expect(await count({ eventTypes: ['user.deleted'] })).toBe(2);
    expect(await count({ until: new Date(Date.now() - 3_000_000).toISOString() })).toBe(0);
    expect(await count({ limit: 20 })).toBe(20);
    const made = async () => (await replay(id, { limit: 30 })).progress.made;
    expect([await made(), await made(), await made()]).toEqual([30, 14, 0]);
  });

  it('goes on page by page', async () => {
    const { id } = await story.webhook(receiver.url, { events: [] });
    const batch = Array.from({ length: 700 }, (_, n) => ({ type: 'user.created', data: { n } }));
    for (let n = 0; n < 3; n++) await story.api.make('/v1/events/batch', { events: batch });
    await server.dispatched();
    await story.automation(id, { condition: { '==': [{ '%': [{ var: 'data.n' }, 7] }, 0] } });
    const ask = { since: anHourAgo(), dryRun: true };
    const job = await story.api.make<JobBody>(`/v1/webhooks/${id}/replay`, ask);
    const { progress } = await ended(story.api, job, 25_000);
    expect(progress).toMatchObject({ lookedAt: 2_100, wouldMake: 300 });
  });

  it('repeats no test, and no operational event that was not asked for by name', async () => {
    const { id } = await story.webhook(receiver.url, { events: ['*'] });
    await story.api.make(`/v1/webhooks/${id}/test`);
    await receiver.received(1);
    await server.query(`DELETE FROM deliveries WHERE webhook_id = $1`, [id]);
    expect((await replay(id, { dryRun: true })).progress).toMatchObject({
      lookedAt: 1,
      wouldMake: 0,
    });
  });

  it('renders what could not be rendered then, once the template is correct', async () => {
    const { id } = await story.webhook(receiver.url, { events: [] });
    const automation = await story.automation(id, { template: '{"n": {{ 1 / data.zero }} }' });
    const eventId = await story.publish({ zero: 0 });
    const failed = await story.settled(eventId, 'failed');
    expect((await replay(id)).progress).toMatchObject({ made: 0, failed: 1, existing: 0 });
    expect((await story.delivery(failed.id)).status).toBe('failed');

    await story.api.patch(`/v1/automations/${automation.id}`, { template: '{"n": 1}' });
    expect((await replay(id)).progress).toMatchObject({ made: 1, failed: 0, existing: 0 });
    expect(await story.settled(eventId, 'delivered')).toMatchObject({
      id: failed.id,
      requestBody: '{"n": 1}',
    });
  });
});

const replayThese = (webhookId: string, eventIds: string[], fields: object = {}) =>
  doneJob(story.api, `/v1/webhooks/${webhookId}/replay`, { eventIds, ...fields });

describe('replaying events by their ids', () => {
  it('sends these and no others, each once, oldest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await story.publish({ n }));
    const { id } = await story.webhook(receiver.url);
    const [, second = '', , fourth = ''] = ids;
    const job = await replayThese(id, [fourth, second, fourth.toUpperCase()]);
    expect(job).toMatchObject({
      input: { eventIds: [second, fourth], since: null },
      progress: { lookedAt: 2, made: 2, existing: 0, failed: 0 },
    });
    await receiver.received(2);
    expect(bodies()).toEqual([1, 3]);
  });

  it('makes nothing twice, and counts first when told so', async () => {
    const eventId = await story.publish({ n: 7 });
    const { id } = await story.webhook(receiver.url);
    const { progress } = await replayThese(id, [eventId], { dryRun: true });
    expect(progress).toEqual({ lookedAt: 1, wouldMake: 1, existing: 0, failed: 0 });
    expect(await story.deliveries({ webhookId: id })).toEqual([]);
    expect((await replayThese(id, [eventId])).progress).toMatchObject({ made: 1, existing: 0 });
    expect((await replayThese(id, [eventId])).progress).toMatchObject({ made: 0, existing: 1 });
    await receiver.received(1);
    expect(bodies()).toEqual([7]);
  });

  it('goes through a thousand of them', async () => {
    const { id } = await story.webhook(receiver.url, { events: [] });
    const events = Array.from({ length: 1_000 }, (_, n) => ({ type: 'user.created', data: { n } }));
    const { results } = await story.api.make<{ results: { id: string }[] }>('/v1/events/batch', {
      events,
    });
    await server.dispatched();
    await story.automation(id, { condition: { '<': [{ var: 'data.n' }, 10] } });
    const eventIds = results.map((result) => result.id);
    const { progress } = await replayThese(id, eventIds, { dryRun: true });
    expect(progress).toMatchObject({ lookedAt: 1_000, wouldMake: 10 });
  });

  it('refuses those that there are not, with the place of each', async () => {
    const { id } = await story.webhook(receiver.url);
    const mine = await story.publish();
    const stranger = new Story((await server.newWorkspace()).api);
    const theirs = await stranger.publish();
    const { status, body } = await story.api.post<ProblemBody>(`/v1/webhooks/${id}/replay`, {
      eventIds: [NOWHERE, mine, theirs],
    });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([
      { path: 'eventIds[0]', code: 'unknown_event' },
      { path: 'eventIds[2]', code: 'unknown_event' },
    ]);
    expect((await story.api.get<{ data: JobBody[] }>('/v1/jobs')).body.data).toEqual([]);
  });

  it.each([
    ['nothing', {}, ''],
    ['a period too', { eventIds: [NOWHERE], since: AGES_AGO }, ''],
    ['an end too', { eventIds: [NOWHERE], until: AGES_AGO }, 'eventIds'],
    ['types too', { eventIds: [NOWHERE], eventTypes: ['*'] }, 'eventIds'],
    ['none of them', { eventIds: [] }, 'eventIds'],
    ['more than a thousand', { eventIds: Array<string>(1_001).fill(NOWHERE) }, 'eventIds'],
    ['what is no id', { eventIds: ['x'] }, 'eventIds[0]'],
  ])('refuses %s', async (_, fields, path) => {
    const { id } = await story.webhook(receiver.url);
    const answer = await story.api.post(`/v1/webhooks/${id}/replay`, fields);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

const ask = (id: string, fields: object = {}) =>
  story.api.post<ProblemBody>(`/v1/webhooks/${id}/replay`, { since: anHourAgo(), ...fields });

describe('replaying is refused', () => {
  it('for what is not kept, or a webhook that is disabled or not there', async () => {
    const { id } = await story.webhook(receiver.url);
    const tooOld = await ask(id, { since: AGES_AGO });
    expect(tooOld.status).toBe(422);
    expect(tooOld.body.errors).toMatchObject([{ path: 'since', code: 'not_kept' }]);
    await story.api.patch(`/v1/webhooks/${id}`, { enabled: false });
    expect(await ask(id)).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    expect((await ask(NOWHERE)).status).toBe(404);
  });

  it('for event types that there are not, with the nearest one', async () => {
    const { id } = await story.webhook(receiver.url);
    await story.api.patch('/v1/workspace', { acceptUnknownTypes: false });
    const { status, body } = await ask(id, { eventTypes: ['user.*', 'user.craeted'] });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: 'eventTypes[1]', code: 'unknown_event_type' }]);
    expect(body.detail).toContain('did you mean "user.created"?');
  });
});
