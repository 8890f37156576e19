import { isReplayed } from './replay.js';

const event = (type: string, targetWebhookId: string | null = null) => ({ type, targetWebhookId });

describe('a replay', () => {
  it('is about the events of the producers', () => {
    expect(isReplayed(event('user.created'), { eventTypes: null })).toBe(true);
  });

  it('is about the types that it names, where it names some', () => {
    expect(isReplayed(event('user.created'), { eventTypes: ['user.created'] })).toBe(true);
    expect(isReplayed(event('user.deleted'), { eventTypes: ['user.created'] })).toBe(false);
  });

  it('is about what its wildcards match', () => {
    const asked = { eventTypes: ['user.*', '*.deleted'] };
    const types = ['user.created', 'order.deleted', 'order.created', 'webhook.failing'];
    expect(types.filter((type) => isReplayed(event(type), asked))).toEqual([
      'user.created',
      'order.deleted',
    ]);
  });

  it('repeats what Bugle said of its own work only to who asks for it', () => {
    const failing = event('webhook.failing');
    expect(isReplayed(failing, { eventTypes: null })).toBe(false);
    expect(isReplayed(failing, { eventTypes: ['*', 'webhook.*'] })).toBe(false);
    expect(isReplayed(failing, { eventTypes: ['webhook.failing'] })).toBe(true);
  });

  it('repeats no test', () => {
    const test = event('webhook.test', 'some webhook');
    expect(isReplayed(test, { eventTypes: null })).toBe(false);
    expect(isReplayed(test, { eventTypes: ['webhook.test'] })).toBe(false);
  });
});
