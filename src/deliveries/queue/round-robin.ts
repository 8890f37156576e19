/** A member whose turn it is. */
export interface Turn {
  group: string;
  member: string;
}

/** Turns go round between groups, then between the members of each: a group with many members gets no more of them. */
export class RoundRobin {
  /** Groups and members in the order of their turns; none is empty. */
  private readonly groups = new Map<string, Set<string>>();

  /** To the end of its group's line, unless it stands there already. */
  add({ group, member }: Turn): void {
    const members = this.groups.get(group);
    if (members) members.add(member);
    else this.groups.set(group, new Set([member]));
  }

  remove({ group, member }: Turn): void {
    const members = this.groups.get(group);
    members?.delete(member);
    if (members?.size === 0) this.groups.delete(group);
  }

  /** Takes out the next one of the first group that may have a turn, and sends that group to the end. */
  next(mayHaveOne: (group: string) => boolean): Turn | undefined {
    for (const [group, members] of this.groups) {
      if (!mayHaveOne(group)) continue;
      const [member] = members;
      if (member === undefined) continue;
      members.delete(member);
      this.groups.delete(group);
      if (members.size > 0) this.groups.set(group, members);
      return { group, member };
    }
    return undefined;
  }
}
