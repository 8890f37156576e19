/** How an attempt ended, as the labels of `bugle_attempts_total`: a bounded number of values, whatever receivers answer. */
export interface AttemptLabels {
  outcome: string;
  /** `none`, the class of a status that is not 2xx (`http_5xx`), or the error's stable code. */
  error: string;
}

/** The part of a settlement that says how the attempt ended. */
interface Ended {
  outcome: string;
  statusCode: number | null;
  error: { code: string } | null;
}

export function attemptLabels({ outcome, statusCode, error }: Ended): AttemptLabels {
  if (outcome === 'delivered') return { outcome, error: 'none' };
  if (statusCode !== null) return { outcome, error: `http_${classOf(statusCode)}xx` };
  return { outcome, error: error?.code ?? 'none' };
}

function classOf(statusCode: number): string {
  const hundreds = Math.floor(statusCode / 100);
  return hundreds >= 1 && hundreds <= 5 ? String(hundreds) : 'n';
}
