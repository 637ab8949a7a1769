/** More slips than that, and the guess would surprise. */
const MOST_SLIPS = 2

/** Beyond that it is no mistyped name, and the distance, quadratic in the length, not worth working out. */
const LONGEST_TYPED = 30

/**
 * The name that was probably meant: the one it begins, or the one that is fewest slips away, at most 2.
 *
 * @example closestName('blance', ['balance', 'help']) // 'balance'
 */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  if (typed.length > LONGEST_TYPED) return undefined
  const begun = names.find((name) => typed.length >= 2 && name.startsWith(typed))
  if (begun !== undefined) return begun
  const ranked = names
    .map((name) => ({ name, slips: countSlips(typed, name) }))
    .toSorted((a, b) => a.slips - b.slips)
  const [best] = ranked
  return best !== undefined && best.slips <= MOST_SLIPS && best.slips < best.name.length / 2
    ? best.name
    : undefined
}

/** Letters missing, added, mistaken, or swapped with their neighbour (optimal string alignment). */
function countSlips(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(replaced, swapped, at(last, j) + 1, at(row, j - 1) + 1))
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity
