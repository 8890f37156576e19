/** One thing that is wrong with an input: where it is, a stable code, and what to do about it. */
export interface Fault {
  /** Path to the faulty part: `triggers[0]`, `condition.and[0].=`, or '' for the input as a whole. */
  path: string;
  /** Stable, snake_case: `unknown_field`, `unknown_operator`, `syntax_error`. */
  code: string;
  /** A sentence for a person. Never holds a secret or a value of somebody's event. */
  message: string;
  /** Position in a template, 1-based. */
  line?: number;
  column?: number;
}

/** Faults that are told of one input: more help nobody, and would make an answer as large as the input. */
export const MAX_FAULTS = 20;

/**
 * Every refusal Bugle makes on purpose. Services throw it; the HTTP edge turns it into problem+json.
 * Whatever else is thrown is a bug or an outage and is answered with a bare 500.
 */
export class BugleError extends Error {
  override readonly name = 'BugleError';

  constructor(
    /** HTTP status the edge answers with. */
    readonly status: number,
    /** Stable, snake_case: clients branch on it. */
    readonly code: string,
    /** A sentence for a person: what is wrong and what to do. */
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }
}

/** 422: the input was understood, and these parts of it cannot be accepted. */
export function invalidInput(faults: readonly Fault[]): BugleError {
  const [first] = faults;
  const where = first?.path ? `${first.path}: ` : '';
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new BugleError(
    422,
    'invalid_input',
    `${where}${first?.message ?? 'invalid input'}${more}`,
    faults,
  );
}

/** 404: not there, or another workspace's; the two are told apart for nobody. */
export function notFound(what: string, id: string): BugleError {
  return new BugleError(404, 'not_found', `There is no ${what} ${id} in this workspace.`);
}
