/** Whether a price or setting holds now. */
export type StoredState = 'in force' | 'to come' | 'past'

interface Dated {
  readonly from: Date
}

/**
 * Adds to each whether it holds: of those for one thing the latest whose date has come.
 *
 * @param items by ascending date
 * @param thing names what an item is for
 */
export function withState<T extends Dated>(
  items: readonly T[],
  thing: (item: T) => string,
  now: Date,
): (T & { state: StoredState })[] {
  const inForce = new Map<string, T>()
  for (const item of items) if (item.from <= now) inForce.set(thing(item), item)
  return items.map((item) => ({
    ...item,
    state: item.from > now ? 'to come' : inForce.get(thing(item)) === item ? 'in force' : 'past',
  }))
}
