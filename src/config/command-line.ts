import { parseArgs } from 'node:util';
import { StartupError } from '../startup-error.js';
import { ROLES } from './settings.js';

/**
 * What a command line sets: `--role worker` counts more than BUGLE_ROLE. `args` without the program and its file.
 * @throws StartupError for anything else
 */
export function commandLine(args: readonly string[]): { BUGLE_ROLE?: string } {
  const role = roleIn(args);
  if (role === undefined) return {};
  if (ROLES.some((known) => known === role)) return { BUGLE_ROLE: role };
  const message = `--role ${role} is not a role. Write --role all, --role api or --role worker`;
  throw new StartupError(undefined, message);
}

function roleIn(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { role: { type: 'string' } } }).values.role;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(undefined, `${reason}. The only option is --role all|api|worker`);
  }
}
