import { types } from 'node:util';

/** Bugle cannot start, and a person can mend it: main prints the one line and exits with code 1. */
export class StartupError extends Error {
  override readonly name = 'StartupError';

  constructor(
    /** The setting to change, as it is named in the environment; undefined when none would help. */
    readonly setting: string | undefined,
    /** What is wrong, where, and what to do about it. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What PostgreSQL or the network said, in one line: where several addresses refuse, the error has a code and no message. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return error.message || String(Reflect.get(error, 'code'));
}
