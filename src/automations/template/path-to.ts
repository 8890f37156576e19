const MAX_PATH_LENGTH = 120;
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;

/** The path of a field or an item: `$.embeds[0].title`, `$["a b"]`. It is cut where it gets long. */
export function pathTo(path: string, step: string | number): string {
  if (path.length > MAX_PATH_LENGTH) return path.endsWith('…') ? path : `${path}…`;
  if (typeof step === 'number') return `${path}[${step}]`;
  const name = step.slice(0, MAX_PATH_LENGTH);
  return PLAIN_NAME.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
