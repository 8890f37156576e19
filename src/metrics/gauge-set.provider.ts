import { Gauge, type Registry } from 'prom-client';

/** A gauge, and how its value is read from what is known at that moment. */
export interface Reading<Source> {
  name: string;
  help: string;
  /** Name of the one label; then `read` answers a value for each of its values. */
  label?: string;
  read: (source: Source) => number | Readonly<Record<string, number>>;
}

/** Gauges that are set together, from one source. Until they are set, and after `forget`, they are absent: not 0. */
export class GaugeSet<Source> {
  private readonly gauges: readonly { gauge: Gauge; reading: Reading<Source> }[];

  constructor(registry: Registry, readings: readonly Reading<Source>[]) {
    this.gauges = readings.map((reading) => {
      const { name, help, label } = reading;
      const labelNames = label === undefined ? [] : [label];
      return { gauge: new Gauge({ name, help, labelNames, registers: [registry] }), reading };
    });
    this.forget();
  }

  set(source: Source): void {
    for (const { gauge, reading } of this.gauges) {
      const read = reading.read(source);
      if (typeof read === 'number') gauge.set(read);
      else {
        for (const [value, count] of Object.entries(read)) gauge.labels(value).set(count);
      }
    }
  }

  forget(): void {
    for (const { gauge, reading } of this.gauges) {
      // A reset would set a gauge without labels to 0.
      if (reading.label === undefined) gauge.remove();
      else gauge.reset();
    }
  }
}
