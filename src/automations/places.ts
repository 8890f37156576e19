/** How much of something expensive may run at once in this process: the pipeline needs the rest of it. */
export class Places {
  readonly #taken = new Map<string, number>();
  #inAll = 0;

  constructor(private readonly most: { ofWorkspace: number; inAll: number }) {}

  /** Takes a place if there is one, and says otherwise who holds the others. Give it back with {@link leave}. */
  take(workspaceId: string): 'taken' | 'workspace_full' | 'all_full' {
    const taken = this.#taken.get(workspaceId) ?? 0;
    if (taken >= this.most.ofWorkspace) return 'workspace_full';
    if (this.#inAll >= this.most.inAll) return 'all_full';
    this.#taken.set(workspaceId, taken + 1);
    this.#inAll += 1;
    return 'taken';
  }

  leave(workspaceId: string): void {
    const taken = this.#taken.get(workspaceId) ?? 0;
    if (taken > 1) this.#taken.set(workspaceId, taken - 1);
    else this.#taken.delete(workspaceId);
    this.#inAll -= 1;
  }
}
