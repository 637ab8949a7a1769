import type postgres from 'postgres'
import type { Database } from '../db/connect.ts'
import { CreditsError } from './errors.ts'
import { instantOfId } from './ids.ts'
import { endsWithin } from './time-limit.ts'
import type { Category } from './types.ts'

/** Upper bounds of the buckets of hold times: from a search to a long stream. The last bucket has none. */
export const HOLD_SECONDS: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900]
/** The label of the last bucket. */
export const NO_BOUND = '+Inf'

type Metric = 'refusals' | 'hold_seconds' | 'hold_ms'

interface Count {
  readonly metric: Metric
  readonly category: Category
  readonly label: string
  value: number
}

/** How old a stored count may be, for Prometheus, which asks about every quarter of a minute. */
const WRITE_AFTER_MS = 10_000
/** A database that does not answer is asked again later; nobody waits for metrics. */
const GIVE_UP_AFTER_MS = 5_000
const GIVE_UP_ON_CLOSE_AFTER_MS = 1_000

/**
 * What a process saw of its calls, added to the ledger's counts now and then, so that one place knows of all processes.
 * They are for watching: a kill loses the last seconds, and a connection that dies may count them twice. Nothing is
 * charged by them.
 */
export class Counters {
  private readonly database: Pick<Database, 'sql'>
  private counts = new Map<string, Count>()
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> | undefined
  private isClosed = false

  constructor(database: Pick<Database, 'sql'>) {
    this.database = database
  }

  /** Counts it if the ledger refuses it. */
  watch<T>(category: Category, work: Promise<T>): Promise<T> {
    work.catch((error: unknown) => {
      if (CreditsError.isInstance(error)) this.add('refusals', category, error.code, 1)
    })
    return work
  }

  /** Counts how long a hold was open that ends now. */
  holdEnded(category: Category, holdId: string): void {
    // By the clocks of the processes that made and ended it.
    const milliseconds = Math.max(0, Date.now() - instantOfId(holdId))
    const bound = HOLD_SECONDS.find((seconds) => milliseconds <= seconds * 1000)
    this.add('hold_seconds', category, bound === undefined ? NO_BOUND : String(bound), 1)
    this.add('hold_ms', category, '', milliseconds)
  }

  /** Adds what has been counted to the ledger's. Never fails: what cannot be written is, with what comes after. */
  write(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    this.writing ??= this.writeAll().finally(() => {
      this.writing = undefined
    })
    return this.writing
  }

  /** Adds what is left, if the database answers soon. */
  async close(): Promise<void> {
    const last = async () => {
      await this.writing
      await this.write()
    }
    await endsWithin(last(), GIVE_UP_ON_CLOSE_AFTER_MS)
    this.isClosed = true
    clearTimeout(this.timer)
  }

  private async writeAll(): Promise<void> {
    const counts = [...this.counts.values()]
    if (counts.length === 0) return
    this.counts = new Map()
    const work = addToLedger(this.database.sql, counts).then(
      () => true,
      () => false,
    )
    if ((await endsWithin(work, GIVE_UP_AFTER_MS)) && (await work)) return
    for (const { metric, category, label, value } of counts) this.add(metric, category, label, value)
  }

  private add(metric: Metric, category: Category, label: string, value: number): void {
    if (this.isClosed) return
    const key = nameOf({ metric, category, label })
    const count = this.counts.get(key)
    if (count === undefined) this.counts.set(key, { metric, category, label, value })
    else count.value += value
    this.timer ??= setTimeout(() => void this.write(), WRITE_AFTER_MS).unref()
  }
}

async function addToLedger(sql: postgres.Sql, counts: readonly Count[]): Promise<void> {
  // In one order: two processes that write at once would else wait for each other.
  const rows = counts.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  await sql`
    insert into counters ${sql(rows, 'metric', 'category', 'label', 'value')}
    on conflict (metric, category, label) do update set value = counters.value + excluded.value`
}

const nameOf = ({ metric, category, label }: Omit<Count, 'value'>): string => `${metric} ${category} ${label}`
