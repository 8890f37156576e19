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
