import { QueryFailedError } from 'typeorm';

/** Whether a write was refused by this unique constraint (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23505', constraint);
}

/** Whether a write was refused by this foreign key (SQLSTATE 23503). */
export function isForeignKeyViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23503', constraint);
}

/** Whether a statement was refused for what it carried (SQLSTATE classes 22, 23 and 54), not for an outage. */
export function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test(String(said(error, 'code')));
}

const NETWORK_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/**
 * Whether the database could not be reached or could not answer: SQLSTATE classes 08 (connection), 53 (resources) and
 * 57P (shutdown), and what the network and pg say. Whether the statement took effect is unknown then.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String(said(error, 'code'));
  const isLost =
    /connection terminated|timeout exceeded when trying to connect|query read timeout/i;
  const isSocketGone = code === 'ENOENT' && Reflect.get(error, 'syscall') === 'connect';
  return (
    /^(08|53|57P)/.test(code) ||
    NETWORK_CODES.includes(code) ||
    isSocketGone ||
    isLost.test(error.message)
  );
}

function isViolation(error: unknown, code: string, constraint: string): boolean {
  return said(error, 'code') === code && said(error, 'constraint') === constraint;
}

/** A field of what PostgreSQL said, whether TypeORM has wrapped it or not. */
function said(error: unknown, field: 'code' | 'constraint'): unknown {
  if (!(error instanceof Error)) return undefined;
  return Reflect.get(error instanceof QueryFailedError ? error.driverError : error, field);
}
