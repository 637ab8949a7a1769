import type { Database } from '../db/connect.ts'
import { type TakeAlerts, takeAlerts } from './alerts/outbox.ts'
import { type AlertInput, Alerts } from './alerts/raising.ts'
import { reviewAlerts } from './alerts/review.ts'
import { snoozeAlert } from './alerts/snooze.ts'
import type { AmountInput } from './amount.ts'
import { auditAccounts } from './audit/audit.ts'
import type { Clock } from './clock.ts'
import {
  alertLineOperation,
  authorizeOperation,
  bookOperation,
  captureOperation,
  chargeOperation,
  extendBatchOperation,
  extendOperation,
  grantOperation,
  refundOperation,
  releaseOperation,
  voidOperation,
} from './commands.ts'
import { Counters } from './counters.ts'
import { CreditReads } from './credit-reads.ts'
import { type CallContext, runInContext } from './context.ts'
import { checkId } from './ids.ts'
import { GroupCommit } from './ledger/group-commit.ts'
import { Mention } from './ledger/operations/mention.ts'
import { type BookingOffice, openBookingOffice } from './journal/booking-office.ts'
import type { Bookings } from './journal/bookings.ts'
import { type JournalOptions, readJournalOptions } from './journal/journal-options.ts'
import { type CallCost, meterCall, type MeterOptions } from './meter.ts'
import { identify, openDatabase, type OpenOptions, readCommitSettings } from './opening.ts'
import { PriceBook } from './prices.ts'
import { sweepAccounts } from './sweep.ts'
import type {
  Alert,
  AlertLine,
  AlertLineInput,
  AuditReport,
  AuthorizeInput,
  Batch,
  BookInput,
  CaptureLine,
  Charge,
  ChargeInput,
  DurationInput,
  ExtendBatchInput,
  GrantInput,
  Hold,
  Refund,
  RefundInput,
  ReviewReport,
  SnoozeInput,
  SweepReport,
  VoidInput,
} from './types.ts'
import { Underway } from './underway.ts'
import { checkAccount } from './validate.ts'

export type { OpenOptions } from './opening.ts'

/** Accounts that are known to have had their signup grant. */
const MENTIONED_MAX = 10_000

/**
 * Opens the credit ledger.
 *
 * @throws CreditsError `database_required` without a `DATABASE_URL` and without the embedded PostgreSQL,
 * `database_unavailable`, `database_newer` when the database was migrated by a newer version
 * @example
 * const credits = await openCredits()
 * await credits.grant('acme', { type: 'free', amount: '100', expiresIn: '30d', key: 'signup' })
 */
export async function openCredits(options: OpenOptions = {}): Promise<CreditLedger> {
  const settings = readCommitSettings(options)
  // Its folder is named after the database: what else is wrong with it is found before that is opened.
  readJournalOptions(options, '')
  const database = await openDatabase(options)
  const identity = await identify(database)
  const commits = new GroupCommit({
    database,
    clock: options.clock,
    placement: options.placement,
    ...settings,
  })
  return new CreditLedger(database, commits, {
    holdTtlMs: settings.holdTtlMs,
    hasSignup: settings.signup !== null,
    auditsTogether: options.placement === undefined,
    clock: options.clock,
    journal: readJournalOptions(options, identity),
  })
}

interface LedgerSettings {
  readonly holdTtlMs: number
  readonly hasSignup: boolean
  readonly auditsTogether: boolean
  readonly clock: Clock | undefined
  readonly journal: JournalOptions
}

/**
 * The credit ledger's face. All its methods may be called at once, from many processes; each write is durable when
 * its promise resolves.
 */
export class CreditLedger extends CreditReads implements AsyncDisposable {
  /** What calls have cost, on its way into the ledger. */
  readonly bookings: Bookings
  /** What calls cost: the published prices, and the stored ones over them. */
  readonly prices: PriceBook
  private readonly office: BookingOffice
  private readonly commits: GroupCommit
  private readonly settings: LedgerSettings
  private readonly tracked = new Underway()
  private readonly mentioned = new Set<string>()
  private readonly alerts: Alerts
  private readonly counters: Counters
  private readonly farewells: (() => Promise<void>)[] = []
  private closing: Promise<void> | undefined

  constructor(database: Database, commits: GroupCommit, settings: LedgerSettings) {
    super(database, settings.clock)
    this.alerts = new Alerts(database)
    this.counters = new Counters(database)
    this.commits = commits
    this.settings = settings
    this.prices = new PriceBook(database, settings.clock)
    this.office = openBookingOffice(this, settings.journal)
    this.bookings = this.office.bookings
    void this.track(this.office.ready)
  }

  /**
   * Adds a batch of credit; debt is repaid from it first.
   *
   * @throws CreditsError `invalid_…` for bad input, `key_conflict`, `amount_overflow`
   */
  async grant(account: string, input: GrantInput): Promise<Batch> {
    return this.commits.submit(grantOperation(account, input))
  }

  /**
   * Reserves credit for a call that is about to be made.
   *
   * @throws CreditsError `insufficient_credits`, `credits_held`, `key_conflict`, `invalid_…`
   * @example
   * const hold = await credits.authorize('acme', { amount: '2', category: 'LLM', agent: 'support' })
   * const [charge] = await credits.capture('acme', hold.id, '1.25')
   */
  async authorize(account: string, input: AuthorizeInput): Promise<Hold> {
    const operation = authorizeOperation(account, input, this.settings.holdTtlMs)
    return this.counters.watch(input.category, this.commits.submit(operation))
  }

  /**
   * Books what a call cost and frees its hold. Above the hold it draws on all that remains, then into debt; a
   * hold that lapsed is booked all the same. Several lines (LLM and WebSearch of one answer) are booked all or
   * none, at most 16. A cost of 0 is a charge too.
   *
   * @throws CreditsError `hold_not_found`, `hold_released`, `key_conflict` if it was captured with another cost
   */
  async capture(
    account: string,
    holdId: string,
    cost: AmountInput | CaptureLine | readonly CaptureLine[],
  ): Promise<Charge[]> {
    const charges = await this.commits.submit(captureOperation(account, holdId, cost))
    if (charges[0] !== undefined) this.counters.holdEnded(charges[0].category, holdId)
    return charges
  }

  /**
   * Frees the hold of a call that cost nothing.
   *
   * @throws CreditsError `hold_not_found`, `hold_captured`
   */
  async release(account: string, holdId: string): Promise<Hold> {
    const hold = await this.commits.submit(releaseOperation(account, holdId))
    this.counters.holdEnded(hold.category, holdId)
    return hold
  }

  /**
   * Gives the hold of a running call a new time to live, from now; never a shorter one.
   *
   * @throws CreditsError `hold_not_found`, `hold_captured`, `hold_released`, `hold_lapsed`
   */
  async extend(account: string, holdId: string, ttl?: DurationInput): Promise<Hold> {
    return this.commits.submit(extendOperation(account, holdId, ttl ?? this.settings.holdTtlMs))
  }

  /**
   * Authorizes and captures in one: for a cost that is known before the call.
   *
   * @throws CreditsError `insufficient_credits`, `credits_held`, `key_conflict`, `invalid_…`
   */
  async charge(account: string, input: ChargeInput): Promise<Charge> {
    return this.counters.watch(input.category, this.commits.submit(chargeOperation(account, input)))
  }

  /**
   * Books what a provider has been paid for already: never refused for lack of credit, like a capture, but without
   * a hold. It draws in order over all that remains, then into debt. All lines or none.
   *
   * @throws CreditsError `key_conflict`, `invalid_…`, `amount_overflow`
   * @example
   * await credits.book('acme', { key: 'batch-7', lines: [{ amount: '1.25', category: 'LLM' }], agent: 'nightly' })
   */
  async book(account: string, input: BookInput): Promise<Charge[]> {
    return this.commits.submit(bookOperation(account, input))
  }

  /**
   * Returns what a charge cost, or a part of it, to where it came from, newest first. What comes back to an
   * expired or voided batch is expired or voided, unless a new batch is asked for.
   *
   * @throws CreditsError `charge_not_found`, `refund_exceeds_charge`, `key_conflict`, `invalid_…`
   */
  async refund(account: string, chargeId: string, input: RefundInput): Promise<Refund> {
    return this.commits.submit(refundOperation(account, chargeId, input))
  }

  /**
   * Cancels what remains of a batch, or a part of it.
   *
   * @throws CreditsError `batch_not_found`, `batch_voided`, `void_exceeds_batch`, `key_conflict`, `invalid_…`
   * @example await credits.void('acme', batch.id, { reason: 'Half of the payment was refunded', total: '50' })
   */
  async void(account: string, batchId: string, input: VoidInput): Promise<Batch> {
    return this.commits.submit(voidOperation(account, batchId, input))
  }

  /**
   * Gives a batch another expiry, later or sooner, but not in the past.
   *
   * @throws CreditsError `batch_not_found`, `batch_voided`, `batch_expired`, `key_conflict`, `invalid_…`
   * @example await credits.extendBatch('acme', batch.id, { expiresIn: '30d', reason: 'Outage in May' })
   */
  async extendBatch(account: string, batchId: string, input: ExtendBatchInput): Promise<Batch> {
    return this.commits.submit(extendBatchOperation(account, batchId, input))
  }

  /**
   * Says where an account's low-balance alert begins.
   *
   * @throws CreditsError `key_conflict`, `invalid_…`
   * @example await credits.setAlertLine('acme', { amount: '50', percent: 10 })
   */
  async setAlertLine(account: string, input: AlertLineInput): Promise<AlertLine> {
    return this.commits.submit(alertLineOperation(account, input))
  }

  /** Writes the expiry of batches and the lapse of holds that are past their time. Reads do not wait for it. */
  async sweep(): Promise<SweepReport> {
    return this.coded(() => sweepAccounts(this.database, this.commits, this.fixedTime))
  }

  /**
   * Opens an alert about an account, unless one about the same is open.
   *
   * @throws CreditsError `invalid_…`
   * @example await credits.raiseAlert('acme', { kind: 'unpriced', subject: 'POST /images/generations' })
   */
  async raiseAlert(account: string, alert: AlertInput): Promise<void> {
    const name = checkAccount(account)
    return this.coded(() =>
      this.alerts.raise(name, alert, this.fixedTime, () => this.commits.submit(new Mention(name))),
    )
  }

  /**
   * Has an open alert keep quiet for a while from now.
   *
   * @throws CreditsError `alert_not_found`, `alert_resolved`, `invalid_…`
   */
  async snoozeAlert(
    account: string,
    alertId: string,
    duration: DurationInput,
    input: SnoozeInput = {},
  ): Promise<Alert> {
    const about = { account: checkAccount(account), id: checkId(alertId, 'alert') }
    return this.coded(() => snoozeAlert(this.database, about, duration, input, this.fixedTime))
  }

  /**
   * Hands alerts that have something new to whoever delivers them. `take` runs in the transaction that takes them:
   * what it queues in it is queued if and only if they are taken.
   *
   * @param limit 1 to 1,000
   * @returns how many were taken
   */
  async takeAlerts(limit: number, take: TakeAlerts): Promise<number> {
    return this.coded(() => takeAlerts(this.database, limit, take))
  }

  /** Opens, changes and resolves the alerts that come of forecasts, over all accounts: every quarter of an hour, say. */
  async reviewAlerts(): Promise<ReviewReport> {
    return this.coded(() => reviewAlerts(this.database, this, this.fixedTime))
  }

  /** Recomputes what is stored as a sum from the lines of the ledger, and names the first divergence of an account. */
  async audit(account?: string): Promise<AuditReport> {
    const name = account === undefined ? undefined : checkAccount(account)
    const page = this.settings.auditsTogether ? undefined : 1
    return this.coded(() => auditAccounts(this.database, name, this.fixedTime, page))
  }

  /**
   * How many writes were decided from memory, in one round trip, and how many under their account's lock, in two;
   * each attempt counted. For metrics: many locked ones mean that several processes write the same accounts.
   */
  get decisions(): { guessed: number; locked: number } {
    return this.commits.decisions
  }

  /** Runs `fn`; every metered call in it is charged to the account, and attributed as given. */
  run<T>(context: CallContext, fn: () => T): T {
    checkAccount(context.account)
    return runInContext(context, fn)
  }

  /**
   * Runs any async function as a metered call: authorizes the estimate, calls, captures what `cost` makes of the
   * result; releases when the call throws.
   *
   * @throws CreditsError `insufficient_credits`, `credits_held`, `account_required` before the call, and whatever
   * the call throws
   */
  meter<T>(options: MeterOptions, call: () => Promise<T>, cost: (result: T) => CallCost): Promise<T> {
    return meterCall(this, options, call, cost)
  }

  /** Has `settled` and `close` wait for work that goes on after its caller has been answered. */
  track<T>(work: Promise<T>): Promise<T> {
    const era = this.tracked.begin()
    const end = () => this.tracked.end(era)
    work.then(end, end)
    return work
  }

  /**
   * Waits until every call that has ended before is booked, or could not be within `retryFor` and is safe in the
   * journal; and so for what an earlier process has left there.
   */
  async settled(): Promise<void> {
    await this.tracked.ended()
    // Once more: a call that is settled may leave an alert to be written. Not for as long as calls go on.
    await this.tracked.ended()
    await this.bookings.settled()
    await this.commits.settled()
  }

  /** Has `close` do something first, while calls can still be booked. */
  beforeClose(work: () => Promise<void>): void {
    this.farewells.push(work)
  }

  /**
   * Waits for what is under way, and closes the database. What cannot be booked meanwhile stays in the journal, for
   * the next process that opens the ledger.
   */
  close(): Promise<void> {
    this.closing ??= this.finish()
    return this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async finish(): Promise<void> {
    this.prices.close()
    // What is under way may end in something to say farewell to.
    await this.settled()
    if (this.farewells.length > 0) {
      await Promise.allSettled(this.farewells.map((work) => work()))
      await this.settled()
    }
    await this.office.close()
    await this.commits.close()
    await this.counters.close()
    await this.database.close()
  }

  protected override get isClosing(): boolean {
    return this.closing !== undefined
  }

  protected override async mention(account: string): Promise<void> {
    if (!this.settings.hasSignup || this.mentioned.has(account)) return
    await this.commits.submit(new Mention(account))
    if (this.mentioned.size >= MENTIONED_MAX) this.mentioned.clear()
    this.mentioned.add(account)
  }
}
