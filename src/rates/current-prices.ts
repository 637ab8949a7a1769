import type { Database } from '../../db/connect.ts'
import { asCreditsError } from '../database-error.ts'
import { CreditsError } from '../errors.ts'
import { ledgerClosed } from '../ledger/failed-operation.ts'
import { OverriddenCard } from './overrides.ts'
import { readPrices } from './price-reader.ts'
import { PricingSettings } from './pricing-settings.ts'
import { publishedRates } from './published.ts'
import type { RateCard } from './rate-card.ts'

/** A price that is set for now reaches a running process within this time. */
const REFRESH_AFTER_MS = 30_000
/** After a read that failed. */
const RETRY_AFTER_MS = 1_000
/** A call waits no longer for the first read: a database that is gone without a word is found out much later. */
const PATIENCE_MS = 10_000

/**
 * The stored prices as last read. They are read again in the background when they are asked for and old; while the
 * database is away, those last read hold.
 */
export class CurrentPrices {
  private readonly database: Database
  private overridden: RateCard = publishedRates
  private settings = new PricingSettings([])
  private fingerprint: string | undefined
  private aheadMs = 0
  private refreshAt = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | undefined
  private failure: Error | undefined
  private warned = false
  private ended = false

  constructor(database: Database) {
    this.database = database
  }

  /** The published prices, under the stored ones. */
  get card(): RateCard {
    this.freshen()
    return this.overridden
  }

  get pricing(): PricingSettings {
    this.freshen()
    return this.settings
  }

  /** Whether the ledger is closed: nothing can be read or written any more. */
  get closed(): boolean {
    return this.ended
  }

  /** The database's clock less the machine's, in milliseconds. */
  get clockAheadMs(): number {
    return this.aheadMs
  }

  /** @throws CreditsError `database_unavailable`, `ledger_closed` while they have never been read */
  async ready(): Promise<void> {
    if (this.fingerprint !== undefined) return
    if (this.failure !== undefined && performance.now() < this.refreshAt) throw this.failure
    await inTime(this.reading ?? this.read())
  }

  /** @throws CreditsError `database_unavailable`, `ledger_closed`: then those last read still hold */
  async refresh(): Promise<void> {
    // One that is under way may have begun before what the caller knows of; its failure is its own caller's.
    await this.reading?.catch(() => undefined)
    await (this.reading ?? this.read())
  }

  /** Nothing is read from now on: the database is about to be closed. */
  close(): void {
    this.ended = true
  }

  private freshen(): void {
    if (this.ended || this.reading || performance.now() < this.refreshAt) return
    this.read().catch((error: unknown) => this.warn(error))
  }

  private read(): Promise<void> {
    const reading = this.take().finally(() => {
      if (this.reading === reading) this.reading = undefined
    })
    this.reading = reading
    return reading
  }

  private async take(): Promise<void> {
    if (this.ended) throw ledgerClosed()
    try {
      const sentAt = Date.now()
      const { at, fingerprint, prices } = await readPrices(this.database, this.fingerprint)
      this.aheadMs = at.getTime() - sentAt
      if (prices) {
        this.overridden = new OverriddenCard(publishedRates, prices.overrides)
        this.settings = new PricingSettings(prices.settings)
      }
      this.fingerprint = fingerprint
      this.failure = undefined
      this.warned = false
      this.refreshAt = performance.now() + REFRESH_AFTER_MS
    } catch (error) {
      const coded = this.ended ? ledgerClosed() : asCreditsError(error)
      this.failure = coded instanceof Error ? coded : new Error(String(coded))
      this.refreshAt = performance.now() + RETRY_AFTER_MS
      throw this.failure
    }
  }

  /** Once for each time that the database is away. */
  private warn(error: unknown): void {
    if (this.ended || this.warned) return
    this.warned = true
    process.emitWarning(`The stored prices could not be read; those known before hold: ${String(error)}`, {
      type: 'CreditsWarning',
    })
  }
}

async function inTime(reading: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(silent()), PATIENCE_MS)
  })
  try {
    await Promise.race([reading, silence])
  } finally {
    clearTimeout(timer)
  }
}

const silent = () =>
  new CreditsError('database_unavailable', `The prices could not be read within ${PATIENCE_MS / 1000} s.`)
