import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { startTestServerHere, type TestServerHere } from '../support/server-here.js';
import { freshSamples, keyWith, samples } from './metrics.fixture.js';

let server: TestServerHere;

beforeAll(async () => {
  server = await startTestServerHere();
});
afterAll(() => server.stop());

describe('while the database is away', () => {
  it('the process still answers, to whom it knows, and says so', async () => {
    const reader = await keyWith(server.api, ['read:metrics']);
    const stranger = await keyWith(server.api, ['read:metrics']);
    await samples(reader);
    const dataSource = server.app.get(DataSource);
    const query = jest.spyOn(dataSource, 'createQueryRunner').mockImplementation(() => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    });
    // Longer than a key is trusted without asking.
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    const now = await freshSamples(reader, 'bugle_database_up', 0);
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(now.has('bugle_outbox_events')).toBe(false);
    expect(now.has('bugle_due_deliveries{webhook="ready"}')).toBe(false);
    expect((await stranger.get('/metrics')).status).toBe(503);
    query.mockRestore();
    clock.mockRestore();
    await freshSamples(reader, 'bugle_database_up', 1);
  });
});
