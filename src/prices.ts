import type { Database } from '../db/connect.ts'
import type { Clock } from './clock.ts'
import { asCreditsError } from './database-error.ts'
import { CreditsError } from './errors.ts'
import { ledgerClosed } from './ledger/failed-operation.ts'
import { CurrentPrices } from './rates/current-prices.ts'
import { ALL_ACCOUNTS } from './rates/pricing-settings.ts'
import { type ListedSetting, listPricing, type PricingChange, writePricing } from './rates/pricing-store.ts'
import type { RateCard } from './rates/rate-card.ts'
import type { RateInput } from './rates/rate-input.ts'
import { type ListedRate, listRates, type RatesQuery } from './rates/rate-lister.ts'
import { priceBefore, type SetRate, writeRates } from './rates/rate-writer.ts'
import type { Pricing, PricingInput } from './rates.ts'
import { checkAccount } from './validate.ts'

export type { ListedSetting, PricingChange } from './rates/pricing-store.ts'
export type { RateInput } from './rates/rate-input.ts'
export type { ListedRate, RatesQuery } from './rates/rate-lister.ts'
export type { SetRate } from './rates/rate-writer.ts'

export interface SetRatesOptions {
  /** Check all, and set nothing. */
  dryRun?: boolean | undefined
  /** Which line of a file each is from, for errors. */
  lines?: readonly number[] | undefined
}

/**
 * What calls cost: the published prices, under those that were set in the ledger, and how dollars become credits.
 * All of it is kept in the process, so that no call waits for the database; what is set reaches running processes
 * within 30 s. Calls under way keep the price that they were planned on, past charges theirs.
 */
export class PriceBook {
  /** The prices in force. */
  readonly card: RateCard
  private readonly database: Database
  private readonly clock: Clock | undefined
  private readonly current: CurrentPrices

  constructor(database: Database, clock: Clock | undefined) {
    this.database = database
    this.clock = clock
    const current = new CurrentPrices(database)
    this.current = current
    this.card = {
      get version() {
        return current.card.version
      },
      find: (provider, model, at) => current.card.find(provider, model, at),
      providerAt: (url) => current.card.providerAt?.(url),
    }
  }

  /**
   * Waits until what is stored has been read for the first time; before, the published prices alone hold.
   *
   * @throws CreditsError `database_unavailable`, `ledger_closed`
   */
  ready(): Promise<void> {
    return this.current.ready()
  }

  /**
   * Reads what is stored now: after this, what was set before holds here.
   *
   * @throws CreditsError `database_unavailable`, `ledger_closed`: then what was last read still holds
   */
  refresh(): Promise<void> {
    return this.current.refresh()
  }

  /** The database's time, by which prices come into force. */
  now(): Date {
    return this.clock?.now() ?? new Date(Date.now() + this.current.clockAheadMs)
  }

  /**
   * How dollars become credits for an account: as set for it, else as given, else as set for all, else the default
   * (100, and 1); each of the two for itself.
   *
   * @throws CreditsError `invalid_setting` for what is given
   * @example costOf({ input_tokens: 1200n }, rates, credits.prices.pricingOf('acme')).amount
   */
  pricingOf(account: string | undefined, given: PricingInput = {}): Pricing {
    return this.current.pricing.resolve(account, given, this.now())
  }

  /**
   * Sets prices, all or none, from now or a later time on.
   *
   * @throws CreditsError `invalid_rate`, with all that is wrong in `data.problems`
   * @example
   * await credits.prices.setRates([
   *   { provider: 'openai', model: 'gpt-5', unit: 'input_tokens', dollars: '1.1', per: 1_000_000, source: 'contract' },
   * ])
   */
  async setRates(
    inputs: readonly RateInput[],
    { dryRun = false, lines }: SetRatesOptions = {},
  ): Promise<SetRate[]> {
    await this.refresh()
    const { card } = this.current
    // Its schemas take longer to load than the rest of the ledger.
    const { checkRates } = await import('./rates/rate-input.ts')
    const rates = checkRates(inputs, card, this.now(), lines)
    const terms = { fixedTime: this.fixedTime, dryRun, lines }
    const written = await this.coded(() => writeRates(this.database, rates, terms))
    await this.refresh()
    return written.map((rate) => ({ ...rate, before: priceBefore(rate, card) }))
  }

  /** The prices that were set and hold now or later; with `all`, those too that others have taken the place of. */
  async listRates(query: RatesQuery = {}): Promise<ListedRate[]> {
    await this.ready()
    return this.coded(() => listRates(this.database, query, this.now()))
  }

  /**
   * Sets how dollars become credits, for an account or for all that have nothing of their own.
   *
   * @returns what is set for it now and later
   * @throws CreditsError `invalid_setting`, `invalid_account`, `invalid_time`
   * @example await credits.prices.setPricing({ account: 'acme', markup: '1.2' })
   */
  async setPricing(change: PricingChange): Promise<ListedSetting[]> {
    await this.coded(() => writePricing(this.database, change, this.fixedTime))
    await this.refresh()
    const settings = await this.coded(() =>
      listPricing(this.database, change.account ?? ALL_ACCOUNTS, this.now()),
    )
    return settings.filter(({ state }) => state !== 'past')
  }

  /** How dollars become credits, as it was set: for one account, or for all accounts and for each. */
  async listPricing(account?: string): Promise<ListedSetting[]> {
    const name = account === undefined ? undefined : checkAccount(account)
    await this.ready()
    return this.coded(() => listPricing(this.database, name, this.now()))
  }

  /** Nothing is read from now on: the database is about to be closed. */
  close(): void {
    this.current.close()
  }

  private get fixedTime(): Date | null {
    return this.clock?.now() ?? null
  }

  /** Work on the database: its failures get codes. */
  private async coded<T>(work: () => Promise<T>): Promise<T> {
    if (this.current.closed) throw ledgerClosed()
    try {
      return await work()
    } catch (error) {
      throw this.current.closed && !CreditsError.isInstance(error) ? ledgerClosed() : asCreditsError(error)
    }
  }
}
