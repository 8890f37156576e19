import { isReplayed } from './replay.js';

const asked = (eventTypes: string[] | null = null, eventIds: string[] | null = null) => ({
  eventTypes,
  eventIds,
});
const event = (type: string, targetWebhookId: string | null = null) => ({ type, targetWebhookId });

describe('a replay', () => {
  it('is about the events of the producers', () => {
    expect(isReplayed(event('user.created'), asked())).toBe(true);
  });

  it('is about the types that it names, where it names some', () => {
    expect(isReplayed(event('user.created'), asked(['user.created']))).toBe(true);
    expect(isReplayed(event('user.deleted'), asked(['user.created']))).toBe(false);
  });

  it('is about what its wildcards match', () => {
    const wildcards = asked(['user.*', '*.deleted']);
    const types = ['user.created', 'order.deleted', 'order.created', 'webhook.failing'];
    expect(types.filter((type) => isReplayed(event(type), wildcards))).toEqual([
      'user.created',
      'order.deleted',
    ]);
  });

  it('repeats what Bugle said of its own work only to who asks for it', () => {
    const failing = event('webhook.failing');
    expect(isReplayed(failing, asked())).toBe(false);
    expect(isReplayed(failing, asked(['*', 'webhook.*']))).toBe(false);
    expect(isReplayed(failing, asked(['webhook.failing']))).toBe(true);
  });

  it('is about the events that it names, whatever they are', () => {
    const named = asked(null, ['some event']);
    expect(isReplayed(event('user.created'), named)).toBe(true);
    expect(isReplayed(event('webhook.failing'), named)).toBe(true);
  });

  it('repeats no test', () => {
    const test = event('webhook.test', 'some webhook');
    expect(isReplayed(test, asked())).toBe(false);
    expect(isReplayed(test, asked(['webhook.test']))).toBe(false);
    expect(isReplayed(test, asked(null, ['some event']))).toBe(false);
  });
});
