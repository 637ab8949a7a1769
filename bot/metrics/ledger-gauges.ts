import { Counter, Gauge, type Registry } from 'prom-client'
import { type Credits, MICRO_PER_CREDIT } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { type LedgerTotals, readTotals } from '../../src/totals.ts'
import { CATEGORIES } from '../../src/types.ts'
import type { Logger } from '../log.ts'
import { StoredHistogram } from './stored-histogram.ts'

/** Several Prometheus servers, and people who look, share one reading. */
const READ_AT_MOST_EVERY_MS = 5_000

/** What the ledger holds, of all accounts together, read when somebody asks. */
export class LedgerGauges {
  private reading: Promise<LedgerTotals | undefined> | undefined
  private readAt = -Infinity

  private readonly up: Gauge
  private readonly openHolds: Gauge
  private readonly held: Gauge
  private readonly oldestHold: Gauge
  private readonly openAlerts: Gauge
  private readonly toDeliver: Gauge
  private readonly charges: Gauge
  private readonly credits: Gauge
  private readonly decisions: Gauge
  private readonly refusals: Counter
  private readonly holdTimes: StoredHistogram

  constructor(registry: Registry) {
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name: `agent_credits_${name}`, help, labelNames, registers: [registry] })
    this.up = gauge('ledger_up', 'Whether the database told what follows: 1 or 0.')
    this.openHolds = gauge('open_holds', 'Calls that hold credit now.')
    this.held = gauge('held_credits', 'Credit that they hold.')
    this.oldestHold = gauge('oldest_hold_seconds', 'How long the oldest of them has held it.')
    this.openAlerts = gauge('open_alerts', 'Alerts that are open, by kind and level.', ['kind', 'level'])
    this.toDeliver = gauge('alerts_to_deliver', 'Alerts with news that are not queued for delivery yet.')
    this.charges = gauge('charges_today', 'Charges since midnight UTC.', ['category'])
    this.credits = gauge('charged_credits_today', 'Credit charged, less refunds, since midnight UTC.', [
      'category',
    ])
    this.decisions = gauge('decisions', 'Ledger writes of this process: guessed from memory, or locked.', [
      'how',
    ])
    this.refusals = new Counter({
      name: 'agent_credits_refusals_total',
      help: 'Calls that the ledger refused, by reason, in all processes.',
      labelNames: ['category', 'code'],
      registers: [registry],
    })
    this.holdTimes = new StoredHistogram(
      registry,
      'agent_credits_hold_seconds',
      'How long calls held credit until they were charged or released, in all processes.',
    )
  }

  async refresh(ledger: CreditLedger, logger: Logger): Promise<void> {
    const { guessed, locked } = ledger.decisions
    this.decisions.set({ how: 'guessed' }, guessed)
    this.decisions.set({ how: 'locked' }, locked)
    const totals = await this.read(ledger, logger)
    this.up.set(totals === undefined ? 0 : 1)
    for (const metric of [this.openAlerts, this.charges, this.credits, this.refusals]) metric.reset()
    this.holdTimes.show([])
    if (totals !== undefined) return this.show(totals)
    // What is not known is left out: an old figure would look like a new one.
    for (const gauge of [this.openHolds, this.held, this.oldestHold, this.toDeliver]) gauge.remove()
  }

  private show(totals: LedgerTotals): void {
    this.openHolds.set(totals.openHolds)
    this.held.set(inCredits(totals.held))
    this.oldestHold.set(totals.oldestHoldSeconds)
    this.toDeliver.set(totals.alertsToDeliver)
    for (const { kind, level, count } of totals.openAlerts) {
      this.openAlerts.set({ kind, level: String(level) }, count)
    }
    for (const category of CATEGORIES) {
      const used = totals.usageToday.find((row) => row.category === category)
      this.charges.set({ category }, used?.charges ?? 0)
      this.credits.set({ category }, used === undefined ? 0 : inCredits(used.amount))
    }
    for (const { category, code, count } of totals.refusals) this.refusals.inc({ category, code }, count)
    this.holdTimes.show(
      totals.holdTimes.map(({ category, buckets, seconds }) => ({
        labels: { category },
        buckets,
        sum: seconds,
      })),
    )
  }

  private read(ledger: CreditLedger, logger: Logger): Promise<LedgerTotals | undefined> {
    const now = performance.now()
    if (this.reading === undefined || now - this.readAt > READ_AT_MOST_EVERY_MS) {
      this.readAt = now
      this.reading = readTotals(ledger).catch((error: unknown) => {
        logger.warn({ err: error }, 'The metrics lack what the database knows')
        this.readAt = -Infinity
        return undefined
      })
    }
    return this.reading
  }
}

/** A gauge is a float: exact to a micro-credit up to nine thousand million credits. */
const inCredits = (amount: Credits): number => Number(amount) / Number(MICRO_PER_CREDIT)
