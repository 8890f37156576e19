import { newId } from '../database/index.js';
import { orderOf } from './order-key.js';

const id = newId();
const webhook = { id: 'w', name: 'CRM', method: 'POST' as const };
const keyOf = (orderedBy: string | null, data: object) =>
  orderOf({ ...webhook, orderedBy }, { id, data: { ...data }, actor: { id: 3 } })?.key;

it('a delivery of a webhook without order has no place', () => {
  expect(orderOf(webhook, { id, data: { id: 7 }, actor: null })).toBeNull();
});

it('its place is by its event, among those with the same value', () => {
  const event = { id, data: { id: 7 }, actor: null };
  expect(orderOf({ ...webhook, orderedBy: 'data.id' }, event)).toEqual({ key: '7', by: id });
});

it.each([
  ['data.id', { id: 'seven' }, 'seven'],
  ['data.unit.id', { unit: { id: 4 } }, '4'],
  ['data.tags.0', { tags: ['a', 'b'] }, 'a'],
  ['data.unit', { unit: { id: 4 } }, '{"id":4}'],
  ['data.isNew', { isNew: false }, 'false'],
  ['data.missing', {}, ''],
  ['data.none', { none: null }, ''],
  ['data.constructor.name', {}, ''],
  ['actor.id', {}, '3'],
  [null, { id: 7 }, ''],
])('the key at %s of %j is %j', (path, data, key) => {
  expect(keyOf(path, data)).toBe(key);
});

it('a long value is hashed: two that differ at the end differ, and both fit into the index', () => {
  const long = 'x'.repeat(10_000);
  const [one, other] = [keyOf('data.id', { id: `${long}1` }), keyOf('data.id', { id: `${long}2` })];
  expect(one).not.toBe(other);
  expect(one).toHaveLength(64);
});
