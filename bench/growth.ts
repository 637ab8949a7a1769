import { memoryUsage, resourceUsage } from 'node:process'
import { newId } from '../src/ids.ts'
import type { CreditLedger } from '../src/index.ts'
import { bareInsert, ledgerCalls } from './contenders.ts'
import { callsPerSecond, medianTimes } from './load.ts'
import type { Scale } from './scale.ts'
import { fund } from './throughput.ts'

export interface Growth {
  latencyMs: { authorizeP50: number; insertP50: number }
  /** What the larger account takes, over what the smaller one takes. */
  growth: {
    authorizeEntries: number
    balanceEntries: number
    authorizeBatches: number
    balanceBatches: number
  }
  bytesPerCall: { storage: number; wal: number }
  peakMemoryMiB: number
  /** Resident memory at the end of the calls over that after their first tenth. */
  memoryGrowth: number
}

const FEW = 'few-entries'
/** The account with `scale.entries` calls. */
export const LARGE = 'many-entries'
const SPENT = 'spent-batches'

/** What changes when an account has a history, and what a call leaves behind. */
export async function measureGrowth(ledger: CreditLedger, scale: Scale): Promise<Growth> {
  const calls = ledgerCalls(ledger)
  const run = (account: string, count: number) =>
    callsPerSecond(count, calls.inFlight, [account], (name) => calls.call(name))
  await fund(ledger, [FEW, LARGE, SPENT])
  await run(FEW, scale.fewEntries)
  await addSpentBatches(ledger, scale.spentBatches)

  await ledger.database.sql.unsafe('vacuum')
  const before = await sizes(ledger)
  await run(LARGE, scale.entries / 10)
  const residentEarly = memoryUsage.rss()
  await run(LARGE, scale.entries - scale.entries / 10)
  const residentLate = memoryUsage.rss()
  await ledger.database.sql.unsafe('vacuum')
  const after = await sizes(ledger)
  const peakMemoryMiB = resourceUsage().maxRSS / 1024

  const bare = await bareInsert(ledger.database.url)
  const authorize = async (account: string) => {
    const hold = await ledger.authorize(account, { amount: '2', category: 'LLM', model: 'gpt-5-mini' })
    pending.push(() => ledger.release(account, hold.id))
  }
  // Released between the rounds' measurements, so that a release is not part of what is measured.
  const pending: (() => Promise<unknown>)[] = []
  const releases = async () => {
    for (const release of pending.splice(0)) await release()
  }
  const times = await medianTimes(scale.latencyRounds, {
    insert: bare.insert,
    authorizeFew: () => authorize(FEW),
    authorizeLarge: () => authorize(LARGE),
    authorizeSpent: () => authorize(SPENT),
    releases,
    balanceFew: () => ledger.balance(FEW),
    balanceLarge: () => ledger.balance(LARGE),
    balanceSpent: () => ledger.balance(SPENT),
  })
  await bare.close()
  return {
    latencyMs: { authorizeP50: times.authorizeFew, insertP50: times.insert },
    growth: {
      authorizeEntries: times.authorizeLarge / times.authorizeFew,
      balanceEntries: times.balanceLarge / times.balanceFew,
      authorizeBatches: times.authorizeSpent / times.authorizeFew,
      balanceBatches: times.balanceSpent / times.balanceFew,
    },
    bytesPerCall: {
      storage: (after.storage - before.storage) / scale.entries,
      wal: (after.wal - before.wal) / scale.entries,
    },
    peakMemoryMiB,
    memoryGrowth: residentLate / residentEarly,
  }
}

/** Five open batches in front of which lie many that are spent. */
async function addSpentBatches(ledger: CreditLedger, count: number): Promise<void> {
  const { sql } = ledger.database
  const ids = Array.from({ length: count }, newId)
  await sql.unsafe(
    `insert into batches (account_id, id, type, source, allocated, drawn, remaining, open, added_at)
     select $1, id, 'free', 'adjustment', 1000000, 1000000, 0, false, now() from unnest($2::text::uuid[]) id`,
    [SPENT, `{${ids.join(',')}}`],
  )
  for (let index = 0; index < 3; index += 1) await ledger.grant(SPENT, { type: 'paid', amount: '1000' })
}

async function sizes({ database }: CreditLedger): Promise<{ storage: number; wal: number }> {
  const [row] = await database.sql.unsafe<{ storage: string; wal: string }[]>(`
    select (select sum(pg_total_relation_size(oid)) from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace)::text as storage,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as wal`)
  return { storage: Number(row?.storage), wal: Number(row?.wal) }
}
