import { measureLatency } from './load/latency.js';
import { type Bench, webhook, withSubject } from './measurements.js';

const MINUTES = 10;
const EVENTS_PER_SECOND = 500;

/** One minute of the soak. */
export interface SoakMinute {
  /** Of the server at the end of the minute, and at its highest so far, in bytes. */
  rss: number;
  peakRss: number;
  /** From the 202 to the request at the receiver, in milliseconds. */
  p99: number;
}

/** Ten minutes at the same rate: memory and latency must not grow. */
export function soak(bench: Bench, progress: (text: string) => void): Promise<SoakMinute[]> {
  const setup = { name: 'bugle', scenario: webhook() } as const;
  return withSubject(bench, setup, async (subject, clients) => {
    const minutes: SoakMinute[] = [];
    while (minutes.length < MINUTES) {
      const { accepted } = await measureLatency(subject, clients, {
        perSecond: EVENTS_PER_SECOND,
        events: EVENTS_PER_SECOND * 60,
      });
      const { rss, peakRss } = await subject.server.usage();
      minutes.push({ rss, peakRss, p99: accepted.p99 });
      progress(`soak, minute ${minutes.length}: ${Math.round(rss / 1024 / 1024)} MiB`);
    }
    return minutes;
  });
}
