import { types } from 'node:util';
import { QueryFailedError } from 'typeorm';
import { NoAnswerError } from './answer-within.js';

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

/** Whether a lock was not to be had within `lock_timeout` (SQLSTATE 55P03). */
export function isLockTimeout(error: unknown): boolean {
  return said(error, 'code') === '55P03';
}

/** Whether a statement took longer than `statement_timeout`, or was cancelled by hand (SQLSTATE 57014). */
export function isCancelled(error: unknown): boolean {
  return said(error, 'code') === '57014';
}

/** A name that is not found, too: it moves when a database fails over. */
const NETWORK_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];
/** A server that was demoted, or not yet promoted, in a failover, or that was told to take no writes. */
const READ_ONLY = '25006';
/**
 * What is said instead of letting us in: to the role (class 28), of a database that takes no connections, as an old primary
 * that is fenced off, or that is not there (55000, 3D000). Statements of ours get none of these.
 */
const NOT_LET_IN = /^(28|3D000$|55000$)/;

/** pg-pool, of which no connection became free, and pg: neither gives these errors a code (test/integration/connections.spec.ts). */
const WAITED_TOO_LONG = /timeout exceeded when trying to connect|query read timeout/i;

/** Whether the database was asked and said nothing in time, or had no connection to give: so it will be for the next. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof NoAnswerError || WAITED_TOO_LONG.test(error.message);
}

/**
 * Whether the database could not be reached or could not answer: SQLSTATE classes 08 (connection), 53 (resources) and
 * 57P (shutdown), a server that may not write or lets nobody in, and what the network and pg say. Whether the statement
 * took effect is unknown then.
 */
export function isOutage(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = String(said(error, 'code'));
  const isLost = /connection terminated|is not queryable/i;
  const isSocketGone = code === 'ENOENT' && Reflect.get(error, 'syscall') === 'connect';
  return (
    /^(08|53|57P)/.test(code) ||
    NOT_LET_IN.test(code) ||
    code === READ_ONLY ||
    isSilence(error) ||
    NETWORK_CODES.includes(code) ||
    isSocketGone ||
    isLost.test(error.message)
  );
}

/** A deadlock, a lost race, a lock or an answer that took too long. */
const TRY_AGAIN = ['40P01', '40001', '55P03', '57014'];

/** Whether the same statement may well succeed when it is run again: it was refused for the moment, not for what it says. */
export function isTransient(error: unknown): boolean {
  return isOutage(error) || TRY_AGAIN.includes(String(said(error, 'code')));
}

function isViolation(error: unknown, code: string, constraint: string): boolean {
  return said(error, 'code') === code && said(error, 'constraint') === constraint;
}

/** A field of what PostgreSQL said, whether TypeORM has wrapped it or not. */
function said(error: unknown, field: 'code' | 'constraint'): unknown {
  if (!types.isNativeError(error)) return undefined;
  return Reflect.get(error instanceof QueryFailedError ? error.driverError : error, field);
}
