import type { CreditLedger } from '../src/index.ts'
import { baselineCalls, type Contender, floorCalls, ledgerCalls } from './contenders.ts'
import { callsPerSecond, median } from './load.ts'
import type { Scale } from './scale.ts'

export interface Throughput {
  callsPerSecond: { hot: number; spread1k: number; spread100k: number }
  floor: { hot: number; spread1k: number }
  baseline: { hot: number }
}

/** Calls per second of each contender, in turn, round by round; the medians. */
export async function measureThroughput(ledger: CreditLedger, scale: Scale): Promise<Throughput> {
  const { url } = ledger.database
  const hot = ['hot']
  const baselineHot = ['baseline']
  const thousand = names('spread', 1_000)
  const many = names('many', scale.manyAccounts)
  for (const accounts of [hot, baselineHot, thousand, many]) await fund(ledger, accounts)

  const ours = ledgerCalls(ledger)
  const floor = await floorCalls(url)
  const baseline = baselineCalls(url)
  const measured = {
    hot: [] as number[],
    spread1k: [] as number[],
    spread100k: [] as number[],
    floorHot: [] as number[],
    floorSpread1k: [] as number[],
    baselineHot: [] as number[],
  }
  const measure = async (
    into: number[],
    contender: Contender,
    calls: number,
    accounts: readonly string[],
  ) => {
    // Each starts on a database at rest: the checkpoint and the vacuum that one has caused are not the next one's.
    await ledger.database.sql.unsafe('vacuum accounts, batches, holds, usage_buckets')
    await ledger.database.sql.unsafe('checkpoint')
    into.push(await callsPerSecond(calls, contender.inFlight, accounts, (account) => contender.call(account)))
  }
  await callsPerSecond(scale.calls / 4, ours.inFlight, hot, (account) => ours.call(account))
  for (let round = 0; round < scale.rounds; round += 1) {
    await measure(measured.floorHot, floor, scale.calls / 2, hot)
    await measure(measured.hot, ours, scale.calls, hot)
    await measure(measured.baselineHot, baseline, scale.calls / 20, baselineHot)
    await measure(measured.floorSpread1k, floor, scale.calls / 2, thousand)
    await measure(measured.spread1k, ours, scale.calls, thousand)
    await measure(measured.spread100k, ours, scale.calls, many)
  }
  await Promise.all([floor.close(), baseline.close()])
  return {
    callsPerSecond: {
      hot: median(measured.hot),
      spread1k: median(measured.spread1k),
      spread100k: median(measured.spread100k),
    },
    floor: { hot: median(measured.floorHot), spread1k: median(measured.floorSpread1k) },
    baseline: { hot: median(measured.baselineHot) },
  }
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

/** A Free batch that expires and a Paid one that never does, on each account. */
export async function fund(ledger: CreditLedger, accounts: readonly string[]): Promise<void> {
  await callsPerSecond(accounts.length, 512, accounts, async (account) => {
    await ledger.grant(account, { type: 'free', amount: '100', expiresIn: '30d', key: 'free' })
    await ledger.grant(account, { type: 'paid', amount: '1000000000', key: 'paid' })
  })
}
