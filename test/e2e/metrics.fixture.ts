import { newId } from '../../src/database/ids.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

/** The samples of a page: `name{label="value"}` and its number. */
export async function samples(api: Client): Promise<Map<string, number>> {
  const { status, body } = await api.get<string>('/metrics');
  expect(status).toBe(200);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The page is up to a second behind. */
export function freshSamples(api: Client, name: string, value: number) {
  return until(`${name} is ${value}`, async () => {
    const now = await samples(api);
    return now.get(name) === value && now;
  });
}

/** The client of a new key with these scopes, made by an admin. */
export async function keyWith(api: Client, scopes: string[]): Promise<Client> {
  const { key } = await api.make<{ key: string }>('/v1/api-keys', { name: newId(), scopes });
  return api.as(key);
}
