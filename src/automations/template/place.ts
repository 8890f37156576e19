/** Where in a source something stands, 1-based. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}
