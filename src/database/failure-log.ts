import type { Logger } from 'pino';

/** What is written when something begins to fail, and when it works again. */
export interface FailureNames {
  failed: string;
  restored: string;
}

/** Reasons that are told apart while something fails. */
const MAX_REASONS = 20;

/**
 * Tells of something that is tried again and again: when it fails for the first time or for a reason that is new, then
 * after 2, 4, 8, … failures in a row, and once when it works again. An outage is a few lines, not one a second.
 */
export class FailureLog {
  private failures = 0;
  private readonly reasons = new Set<string>();

  constructor(
    private readonly logger: Pick<Logger, 'error' | 'info'>,
    private readonly names: FailureNames,
  ) {}

  /** `where`: fields that say what it was that failed. */
  failed(error: unknown, where: object = {}): void {
    this.failures += 1;
    if (!this.isNew(reasonOf(error)) && !isPowerOfTwo(this.failures)) return;
    this.logger.error({ err: error, failures: this.failures, ...where }, this.names.failed);
  }

  worked(): void {
    if (this.failures === 0) return;
    this.logger.info({ failures: this.failures }, this.names.restored);
    this.failures = 0;
    this.reasons.clear();
  }

  private isNew(reason: string): boolean {
    if (this.reasons.has(reason) || this.reasons.size >= MAX_REASONS) return false;
    this.reasons.add(reason);
    return true;
  }
}

/** Its code where it has one: a message may differ each time. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return String(Reflect.get(error, 'code') ?? error.message);
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
