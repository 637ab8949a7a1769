import type postgres from 'postgres'
import type { Database } from '../db/connect.ts'
import { readAlert, readAlerts } from './alerts/alert-reader.ts'
import { readAlertLine } from './alert-line-reader.ts'
import { readBalance } from './balance.ts'
import { type BatchesQuery, readBatchByReference, readBatches } from './batches.ts'
import { readCharges } from './charges/charges.ts'
import { chargesAsCsv } from './charges/charges-csv.ts'
import type { Clock } from './clock.ts'
import { type PastCost, readCostHistory } from './cost-history.ts'
import { asCreditsError } from './database-error.ts'
import { CreditsError } from './errors.ts'
import { readExpiries } from './expiries.ts'
import { readReceipt } from './explain.ts'
import { readForecast } from './forecast/forecast-reader.ts'
import { RateMemory } from './forecast/rate-memory.ts'
import { checkId } from './ids.ts'
import { ledgerClosed } from './ledger/failed-operation.ts'
import type {
  Alert,
  AlertLine,
  AlertsQuery,
  Balance,
  Batch,
  ChargesPage,
  ChargesQuery,
  Expiry,
  Forecast,
  Receipt,
  TopUsage,
  TopUsageQuery,
  UsageQuery,
  UsageRow,
} from './types.ts'
import { readTopUsage, readUsage } from './usage.ts'
import { checkAccount, checkReference } from './validate.ts'

/** What the ledger's face answers without changing anything. */
export abstract class CreditReads {
  readonly database: Database
  private readonly clock: Clock | undefined
  private readonly rates = new RateMemory()

  constructor(database: Database, clock: Clock | undefined) {
    this.database = database
    this.clock = clock
  }

  /** Where an account's low-balance alert begins, and how low it is as of the last write. */
  async alertLine(account: string): Promise<AlertLine> {
    return this.read(account, (name, sql) => readAlertLine(sql, this.prepare, name))
  }

  /**
   * The batch that a payment paid for, in whichever account.
   *
   * @throws CreditsError `invalid_text`
   */
  async findBatch(reference: string): Promise<Batch | undefined> {
    const name = checkReference(reference)
    return this.coded(() =>
      this.database.read((sql) => readBatchByReference(sql, this.prepare, name, this.fixedTime)),
    )
  }

  /** What an account has, as of now. An account that was never mentioned has nothing. */
  async balance(account: string): Promise<Balance> {
    return this.read(account, (name, sql) => readBalance(sql, this.prepare, name, this.fixedTime))
  }

  /** Lists active batches, or all, in draw-down order. */
  async batches(account: string, query: BatchesQuery = {}): Promise<Batch[]> {
    return this.read(account, (name, sql) => readBatches(sql, this.prepare, name, query, this.fixedTime))
  }

  /**
   * Sums up charges less refunds, by the dimensions asked for.
   *
   * @throws CreditsError `invalid_time`, `invalid_time_zone`, `invalid_usage_query`
   * @example await credits.usage('acme', { from: '2026-11-01', by: ['day', 'category'], timeZone: 'Europe/Berlin' })
   */
  async usage(account: string, query: UsageQuery = {}): Promise<UsageRow[]> {
    return this.read(account, (name, sql) => readUsage(sql, this.prepare, name, query, this.fixedTime))
  }

  /**
   * The receipt of a charge, with its refunds.
   *
   * @throws CreditsError `charge_not_found`
   */
  async explain(account: string, chargeId: string): Promise<Receipt> {
    const id = checkId(chargeId, 'charge')
    return this.read(account, (name, sql) => readReceipt(sql, this.prepare, name, id))
  }

  /**
   * Lists an account's charges, a page at a time.
   *
   * @throws CreditsError `invalid_time`, `invalid_page`, `invalid_id`
   */
  async charges(account: string, query: ChargesQuery = {}): Promise<ChargesPage> {
    return this.read(account, (name, sql) => readCharges(sql, this.prepare, name, query))
  }

  /**
   * The charges as comma-separated values, in pieces.
   *
   * @throws CreditsError `invalid_time`
   * @example for await (const part of credits.chargesCsv('acme', { from: '2026-11-01' })) file.write(part)
   */
  chargesCsv(account: string, query: Pick<ChargesQuery, 'from' | 'to'> = {}): AsyncIterable<string> {
    return chargesAsCsv((page) => this.charges(account, page), query)
  }

  /**
   * Who, or what, used most since a time.
   *
   * @throws CreditsError `invalid_time`, `invalid_usage_query`, `invalid_page`
   */
  async topUsage(account: string, query: TopUsageQuery): Promise<TopUsage[]> {
    return this.read(account, (name, sql) => readTopUsage(sql, this.prepare, name, query))
  }

  /** How long the credit lasts at the rate of the last 7 days, and what of it will expire unused. */
  async forecast(account: string): Promise<Forecast> {
    return this.read(account, (name, sql) =>
      readForecast(sql, this.prepare, name, this.rates, this.fixedTime),
    )
  }

  /**
   * What expired unused since a time, latest first. Default: in the last 14 days.
   *
   * @throws CreditsError `invalid_time`
   */
  async expiries(account: string, query: { since?: Date | string | undefined } = {}): Promise<Expiry[]> {
    return this.read(account, (name, sql) => readExpiries(sql, this.prepare, name, query, this.fixedTime))
  }

  /** An account's alerts, the latest first, at most 100. */
  async alertsOf(account: string, query: AlertsQuery = {}): Promise<Alert[]> {
    return this.read(account, (name, sql) => readAlerts(sql, this.prepare, name, query))
  }

  /** @throws CreditsError `alert_not_found` */
  async readAlert(account: string, alertId: string): Promise<Alert> {
    const id = checkId(alertId, 'alert')
    return this.read(account, (name, sql) => readAlert(sql, this.prepare, name, id))
  }

  /** What the account's last calls have cost, and could have cost at most: for how much to reserve for the next. */
  async costHistory(account: string): Promise<PastCost[]> {
    return this.read(account, (name, sql) => readCostHistory(sql, this.prepare, name))
  }

  /** Where accounts start with a signup grant, reading one is a first mention too. */
  protected abstract mention(account: string): Promise<void>

  protected abstract get isClosing(): boolean

  /** Null: the database's clock. */
  protected get fixedTime(): Date | null {
    return this.clock?.now() ?? null
  }

  /** Work that only reads, or reads first: its failures get codes. */
  protected async coded<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosing) throw ledgerClosed()
    try {
      return await work()
    } catch (error) {
      throw this.isClosing && !CreditsError.isInstance(error) ? ledgerClosed() : asCreditsError(error)
    }
  }

  private get prepare(): boolean {
    return this.database.prepare
  }

  private async read<T>(account: string, query: (name: string, sql: postgres.Sql) => Promise<T>): Promise<T> {
    const name = checkAccount(account)
    await this.mention(name)
    return this.coded(() => this.database.read((sql) => query(name, sql)))
  }
}
