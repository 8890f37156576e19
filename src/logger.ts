import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';

/** Injects the process's logger: `@Inject(LOGGER) logger: Logger`. */
export const LOGGER = Symbol('LOGGER');

/** Characters of lines that are written together. */
const BATCH = 8 * 1024;
/** A line waits for no longer. */
const FLUSH_MS = 100;

/**
 * One wide JSON line per stage of an event's way: `event.published`, `event.dispatched`, `delivery.attempted`. Lines
 * are written in small batches; `flush` before the process ends.
 */
export function createLogger(level: string): { logger: Logger; flush: () => void } {
  const destination = pino.destination({ dest: 1, sync: false });
  const batch = new LineBatch((lines) => destination.write(lines));
  const serializers = { err: describeError };
  const logger = pino({ level, base: null, timestamp: timestamps(), serializers }, batch);
  const flush = (): void => {
    batch.flush();
    destination.flushSync();
  };
  return { logger, flush };
}

/** The destination's own batches are copied whole for each line that is added to them: a third of all memory that was asked for. */
class LineBatch {
  private lines: string[] = [];
  private size = 0;

  constructor(private readonly writeOut: (lines: string) => void) {
    setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  write(line: string): void {
    this.lines.push(line);
    this.size += line.length;
    if (this.size >= BATCH) this.flush();
  }

  flush(): void {
    if (this.size === 0) return;
    this.writeOut(this.lines.join(''));
    this.lines = [];
    this.size = 0;
  }
}

/** pino's `isoTime`; the text of a millisecond is made once, since under load many lines are written in it. */
function timestamps(): () => string {
  let [millis, text] = [0, ''];
  return () => {
    const now = Date.now();
    if (now !== millis) [millis, text] = [now, `,"time":"${new Date(now).toISOString()}"`];
    return text;
  };
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

/** Causes of causes that are told, at most, and errors that came together at one place. */
const DEEPEST = 4;
const WIDEST = 4;

/**
 * An error and what caused it, without the fields that hang on them: a failed statement carries its parameters, and
 * with them headers, secrets and the data of events.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  return { ...factsOf(error), stack: error.stack, ...causesOf(error, [error]) };
}

function factsOf(error: Error): object {
  const said: unknown = Reflect.get(error, 'driverError') ?? error;
  const code: unknown =
    typeof said === 'object' && said !== null ? Reflect.get(said, 'code') : undefined;
  return { type: error.name, code, message: error.message };
}

/** `above`: from the error that was logged to this one. An error that is among its own causes ends the chain. */
function causesOf(error: Error, above: readonly unknown[]): object {
  if (above.length > DEEPEST) return {};
  const describe = (cause: unknown): object[] => {
    if (above.includes(cause)) return [];
    if (!(cause instanceof Error)) return typeof cause === 'string' ? [{ message: cause }] : [];
    return [{ ...factsOf(cause), ...causesOf(cause, [...above, cause]) }];
  };
  const [cause] = describe(error.cause);
  const errors = error instanceof AggregateError ? error.errors.slice(0, WIDEST) : [];
  const together = errors.flatMap(describe);
  return { ...(cause && { cause }), ...(together.length > 0 && { errors: together }) };
}
