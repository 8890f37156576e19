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
  return (
    error instanceof QueryFailedError &&
    /^(22|23|54)/.test(String(Reflect.get(error.driverError, 'code')))
  );
}

function isViolation(error: unknown, code: string, constraint: string): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const cause: object = error.driverError;
  return Reflect.get(cause, 'code') === code && Reflect.get(cause, 'constraint') === constraint;
}
