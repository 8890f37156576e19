/** An event and a rule that listens to its type: what came of them. */
export interface Row {
  event: string;
  rule: string;
  matched: 'yes' | 'no';
  status: string;
  ms: string;
  verified: 'yes' | 'NO' | '';
  /** What is not as expected; empty when all is. */
  wrong: string;
}

/** The rows as text. */
export function table(rows: readonly Row[]): string {
  const head = line(['event', 'rule', 'matched', 'status', 'ms', 'verified']);
  return ['', head, '-'.repeat(head.length), ...rows.map((row) => `${line(cells(row))}`)].join(
    '\n',
  );
}

function cells({ event, rule, matched, status, ms, verified, wrong }: Row): string[] {
  return [event, rule, matched, status, ms, verified, wrong && `<- ${wrong}`];
}

function line([
  event = '',
  rule = '',
  matched = '',
  status = '',
  ms = '',
  ...rest
]: string[]): string {
  const left = `${event.padEnd(28)} ${rule.padEnd(11)} ${matched.padEnd(8)}`;
  return `${left} ${status.padStart(6)} ${ms.padStart(5)}   ${rest.join('  ')}`.trimEnd();
}
