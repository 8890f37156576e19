import { StartupError } from './startup-error.js';

/** A line for whoever has called the program. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs a program. What a person has to change is told in one line, `failure` before it, with exit code 1.
 */
export async function runProgram(main: () => Promise<void>, failure: string): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    const setting = error.setting ? `${error.setting} ` : '';
    process.stderr.write(`${failure}: ${setting}${error.message}\n`);
    process.exitCode = 1;
  }
}
