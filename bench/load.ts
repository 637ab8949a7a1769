/** Runs `total` calls, `inFlight` at a time, each on the next account; returns calls per second. */
export async function callsPerSecond(
  total: number,
  inFlight: number,
  accounts: readonly string[],
  call: (account: string) => Promise<unknown>,
): Promise<number> {
  let started = 0
  async function caller(): Promise<void> {
    while (started < total) {
      const account = accounts[started % accounts.length]
      started += 1
      if (account !== undefined) await call(account)
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: inFlight }, caller))
  return total / ((performance.now() - from) / 1000)
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Medians of the milliseconds that each of several things takes, measured in turn, so that drift meets all alike. */
export async function medianTimes<Name extends string>(
  rounds: number,
  things: Record<Name, () => Promise<unknown>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(things) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const from = performance.now()
      await things[name]()
      times[name].push(performance.now() - from)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>
}
