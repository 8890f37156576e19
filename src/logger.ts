import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';

/** Injects the process's logger: `@Inject(LOGGER) logger: Logger`. */
export const LOGGER = Symbol('LOGGER');

/**
 * One wide JSON line per stage of an event's way: `event.published`, `event.dispatched`, `delivery.attempted`. Lines
 * are written in small batches; `flush` before the process ends.
 */
export function createLogger(level: string): { logger: Logger; flush: () => void } {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: 4096,
    periodicFlush: 100,
  });
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { logger, flush: () => destination.flushSync() };
}

/** Lets Nest's own messages go to the same place; its chatter about modules and routes is left out. */
export function nestLogger(logger: Logger): LoggerService {
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown) => logger.warn({ source: 'nest' }, String(message)),
    error: (message: unknown, stack?: unknown) =>
      logger.error({ source: 'nest', stack }, String(message)),
    fatal: (message: unknown) => logger.fatal({ source: 'nest' }, String(message)),
  };
}
