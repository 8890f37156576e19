import { loadConfig } from '../config/index.js';
import { BugleError, invalidInput } from '../errors.js';
import { readBatch, toBatchView } from './event-batch.dto.js';

const limits = { ...loadConfig({}, ''), BUGLE_MAX_BATCH_EVENTS: 5, BUGLE_MAX_EVENT_BYTES: 100 };
const event = (data: object = {}) => ({ type: 'user.created', data });
const read = (...items: unknown[]) => readBatch(items, limits);

describe('a batch', () => {
  it('is sorted into what can be published and what is refused', () => {
    const batch = read(event({ n: 1 }), 'x', event({ n: 2 }), { type: 'user.created' });
    expect(batch.publications).toEqual([event({ n: 1 }), event({ n: 2 })]);
    expect(batch.order).toMatchObject([
      { publication: 0 },
      { refused: { faults: [{ path: 'events[1]', code: 'wrong_type' }] } },
      { publication: 1 },
      { refused: { faults: [{ path: 'events[3].data', code: 'required' }] } },
    ]);
  });

  it('is answered in the order of the request, with paths as the request has them', () => {
    const batch = read(event(), null, event(), event());
    const published = { id: '019aa2f0-5c1e-7a52-9d0b-3f6a5f6f2b11', duplicate: false };
    const unknown = invalidInput([{ path: 'type', code: 'unknown_event_type', message: 'is not' }]);
    const reused = new BugleError(409, 'idempotency_key_reused', 'This id was used before.', [
      { path: 'id', code: 'idempotency_key_reused', message: 'was used before' },
    ]);
    const view = toBatchView(batch, [{ refused: unknown }, published, { refused: reused }]);
    expect(view).toMatchObject({ accepted: 1, refused: 3 });
    expect(view.results).toMatchObject([
      { error: { detail: 'events[0].type: is not', errors: [{ path: 'events[0].type' }] } },
      { error: { status: 422, errors: [{ path: 'events[1]' }] } },
      published,
      {
        error: {
          status: 409,
          detail: 'This id was used before.',
          errors: [{ path: 'events[3].id' }],
        },
      },
    ]);
  });

  it('refuses an event that is too large, measured in bytes', () => {
    const batch = read(event({ a: 'x'.repeat(50) }), event({ a: 'ä'.repeat(50) }));
    expect(batch.order).toMatchObject([
      { publication: 0 },
      { refused: { faults: [{ path: 'events[1]', code: 'event_too_large' }] } },
    ]);
  });

  it('tells in full what is wrong until twenty faults were told, then the first of each event', () => {
    const wrong = { type: 1, ...Object.fromEntries(Array.from('abcdefgh', (key) => [key, 1])) };
    const { order } = read(wrong, wrong, wrong, wrong, event());
    const told = order.map((entry) => ('refused' in entry ? entry.refused.faults.length : 0));
    expect(told).toEqual([10, 10, 1, 1, 0]);
    expect(order[3]).toMatchObject({ refused: { faults: [{ path: 'events[3].type' }] } });
  });

  it('that is too long is refused as a whole, with the setting that says so', () => {
    expect(() => read(1, 2, 3, 4, 5, 6)).toThrow('BUGLE_MAX_BATCH_EVENTS');
    expect(read(1, 2, 3, 4, 5).order).toHaveLength(5);
  });
});
