/** How much of a list may go together. */
export interface FittingLimits {
  items?: number;
  /** As `sizeOf` counts. */
  size?: number;
}

/** How many items, from the first, fit together; an item that is too large by itself goes alone. */
export function fittingCount<Item>(
  list: readonly Item[],
  { items = Infinity, size: most = Infinity }: FittingLimits,
  sizeOf: (item: Item) => number,
): number {
  let size = 0;
  const over = list.findIndex((item, index) => {
    size += sizeOf(item);
    return index >= items || (index > 0 && size > most);
  });
  return over === -1 ? list.length : over;
}
