interface Group {
  inside: number;
  line: (() => void)[];
}

/** Of one group. */
interface Limits {
  inside: number;
  /** Unlimited where nothing is said. */
  inLine?: number;
  /** Nobody waits in line for longer, in milliseconds. Unlimited where nothing is said. */
  waitMs?: number;
}

/** Lets a few of each group in at once. Others of that group wait in line; nobody waits for another group. */
export class Turnstile {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly limits: Limits) {}

  /** Does the work when its turn has come. Undefined, with nothing done, when the line is full, or that takes too long. */
  async pass<Result>(
    name: string,
    work: () => Promise<Result>,
  ): Promise<{ result: Result } | undefined> {
    const { inside, inLine = Infinity } = this.limits;
    const group = this.groups.get(name) ?? { inside: 0, line: [] };
    if (group.line.length >= inLine) return undefined;
    this.groups.set(name, group);
    if (group.inside < inside) group.inside += 1;
    else if (!(await this.turnOf(group))) return undefined;
    try {
      return { result: await work() };
    } finally {
      this.leave(name, group);
    }
  }

  /** Resolves to false when it has not come in time. */
  private turnOf({ line }: Group): Promise<boolean> {
    const { waitMs } = this.limits;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const enter = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      line.push(enter);
      if (waitMs === undefined) return;
      timer = setTimeout(() => {
        line.splice(line.indexOf(enter), 1);
        resolve(false);
      }, waitMs);
    });
  }

  /** Whoever is first in line takes the place; else it is free. */
  private leave(name: string, group: Group): void {
    const next = group.line.shift();
    if (next) return next();
    group.inside -= 1;
    if (group.inside === 0) this.groups.delete(name);
  }
}
