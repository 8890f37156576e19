import { FailureLog } from './failure-log.js';

/** The lines that a log has written: their names and the failures so far. */
function logged() {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, name?: string) =>
    lines.push(`${level} ${name} ${String(Reflect.get(fields, 'failures'))}`);
  const logger = { error: write('error'), info: write('info') };
  const log = new FailureLog(logger, { failed: 'sweep.failed', restored: 'sweep.restored' });
  return { log, lines };
}

const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

describe('FailureLog', () => {
  it('tells of the first failure, and then ever more rarely', () => {
    const { log, lines } = logged();
    for (let failure = 1; failure <= 1000; failure++) log.failed(refused());
    const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    expect(lines).toEqual(counts.map((count) => `error sweep.failed ${count}`));
  });

  it('tells of each reason at once, and of none anew because another came between', () => {
    const { log, lines } = logged();
    for (let failure = 0; failure < 16; failure++) {
      log.failed(refused());
      log.failed(new Error('starting up'));
    }
    // The second one is new, and all others are powers of two.
    expect(lines.map((line) => Number(line.split(' ')[2]))).toEqual([1, 2, 4, 8, 16, 32]);
    log.failed(new Error('shutting down'));
    expect(lines.at(-1)).toBe('error sweep.failed 33');
  });

  it('does not grow with messages that differ each time', () => {
    const { log, lines } = logged();
    for (let failure = 1; failure <= 100; failure++) log.failed(new Error(`number ${failure}`));
    expect(lines).toHaveLength(20 + [32, 64].length);
  });

  it('tells once that it works again, and of the next failure as of a first one', () => {
    const { log, lines } = logged();
    log.worked();
    for (let failure = 0; failure < 3; failure++) log.failed(refused());
    log.worked();
    log.worked();
    log.failed(refused());
    expect(lines).toEqual([
      'error sweep.failed 1',
      'error sweep.failed 2',
      'info sweep.restored 3',
      'error sweep.failed 1',
    ]);
  });
});
