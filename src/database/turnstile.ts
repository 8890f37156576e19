interface Group {
  inside: number;
  line: (() => void)[];
}

/** Lets a few of each group in at once. Others of that group wait in line; nobody waits for another group. */
export class Turnstile {
  private readonly groups = new Map<string, Group>();

  constructor(
    /** Of one group. */
    private readonly limits: { inside: number; inLine: number },
  ) {}

  /** Does the work when its turn has come. Undefined, with nothing done, when the line is full. */
  async pass<Result>(
    name: string,
    work: () => Promise<Result>,
  ): Promise<{ result: Result } | undefined> {
    const group = this.groups.get(name) ?? { inside: 0, line: [] };
    if (group.line.length >= this.limits.inLine) return undefined;
    this.groups.set(name, group);
    if (group.inside < this.limits.inside) group.inside += 1;
    else await new Promise<void>((resolve) => group.line.push(resolve));
    try {
      return { result: await work() };
    } finally {
      this.leave(name, group);
    }
  }

  /** Whoever is first in line takes the place; else it is free. */
  private leave(name: string, group: Group): void {
    const next = group.line.shift();
    if (next) return next();
    group.inside -= 1;
    if (group.inside === 0) this.groups.delete(name);
  }
}
