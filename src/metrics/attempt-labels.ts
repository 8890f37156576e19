/** How an attempt ended, as the labels of `bugle_attempts_total`: a bounded number of values, whatever receivers answer. */
export interface AttemptLabels {
  outcome: string;
  /** The code as in the log (`errorCode` of deliveries): `rejected`, `timeout`, …; `none` when it was delivered. */
  error: string;
  /** The class of the status that was answered, `5xx`; `none` when no answer came. */
  status_class: string;
}

/** The part of a settlement that says how the attempt ended. */
interface Ended {
  outcome: string;
  statusCode: number | null;
  error: { code: string } | null;
}

export function attemptLabels({ outcome, statusCode, error }: Ended): AttemptLabels {
  return { outcome, error: error?.code ?? 'none', status_class: classOf(statusCode) };
}

function classOf(statusCode: number | null): string {
  if (statusCode === null) return 'none';
  const hundreds = Math.floor(statusCode / 100);
  return hundreds >= 1 && hundreds <= 5 ? `${hundreds}xx` : 'other';
}
