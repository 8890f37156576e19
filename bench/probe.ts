// Loaded into each measured server before its own code (node --import): answers what the process has used, and
// records a CPU profile of exactly the measured stretch, which a profile of the whole life would blur.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

/** What the benchmark asks a server process. */
export type Question = { ask: 'usage' } | { ask: 'profile' } | { ask: 'profiled'; file: string };

/** What a server process has used since its start. */
export interface Usage {
  /** User and system time of all its threads, in microseconds. */
  cpuMicros: number;
  /** Resident set size now and at its highest, in bytes. */
  rss: number;
  peakRss: number;
}

const SAMPLING_MICROS = 250;
let session: Session | undefined;

process.on('message', (question: Question) => {
  switch (question.ask) {
    case 'usage':
      return process.send?.(usage());
    case 'profile':
      return startProfile(() => process.send?.({}));
    case 'profiled':
      return stopProfile(question.file, () => process.send?.({}));
  }
});

// The benchmark has died: a server without it must not go on.
process.once('disconnect', () => process.exit(1));
// The channel alone does not keep a server alive that wants to end.
process.channel?.unref();

function usage(): Usage {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const rss = process.memoryUsage.rss();
  return { cpuMicros: userCPUTime + systemCPUTime, rss, peakRss: maxRSS * 1024 };
}

function startProfile(done: () => void): void {
  session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
  session.post('Profiler.start', done);
}

function stopProfile(file: string, done: () => void): void {
  session?.post('Profiler.stop', (error, result) => {
    if (error) throw error;
    writeFileSync(file, JSON.stringify(result.profile));
    done();
  });
}
