/** What an API key may do. `admin` includes all others. */
export const SCOPES = [
  'manage:webhooks',
  'manage:automations',
  'publish:events',
  'read:logs',
  'redeliver',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether somebody who was given `granted` may do what needs any one of `accepted`. */
export function allows(granted: readonly Scope[], accepted: readonly Scope[]): boolean {
  return granted.includes('admin') || accepted.some((scope) => granted.includes(scope));
}
