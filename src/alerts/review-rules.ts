/** Which forecasts are worth an alert: pure. */
import { formatAmount, parseAmount } from '../amount.ts'
import type { Alert, AlertKind, Batch, Expiry, Forecast } from '../types.ts'

export const REVIEWED_KINDS = [
  'run_out',
  'expiring_soon',
  'paid_at_risk',
  'unpriced',
] as const satisfies AlertKind[]
/** What a forecast opens; an unpriced call does so itself, and only its end is found here. */
type ForecastKind = Exclude<(typeof REVIEWED_KINDS)[number], 'unpriced'>

/** Time enough to order credit, also over a weekend. */
const RUN_OUT_DAYS = 3
/** An open alert stays so until there is half as much time again, so that it does not come and go with each call. */
const RUN_OUT_OVER_DAYS = 4.5

const EXPIRING_SOON_DAYS = 7
/** Paid credit is worth moving: there is more time to extend it, or to use it. */
const PAID_AT_RISK_DAYS = 30

/** A remainder below 1 % of its batch is not worth a message. */
const REMAINDER_PARTS = 100n

/** What changes by less than that is not worth a message, neither better nor worse. */
const NEWS_FACTOR = 2

/**
 * A message that came and went must not come again at once, unless it is worse by so much that it would be news.
 * Time alone makes each forecast a little worse.
 */
const COOL_DOWN_MS = 6 * 60 * 60 * 1000

/** Nobody reads more messages about one account; and all that are open must be known, so that none is opened twice. */
export const OPEN_MAX = 100

/** Nobody says when a call has a price again. That none came for so long does. */
const UNPRICED_FOR_DAYS = 7

const DAY_MS = 24 * 60 * 60 * 1000

/** What a review is made of, as of one instant. */
export interface ReviewedAccount {
  readonly now: Date
  readonly forecast: Forecast
  /** Active ones. */
  readonly batches: readonly Batch[]
  /** Whether its low-balance alert is open: then everybody knows that it runs out. */
  readonly isLow: boolean
  /** Of the reviewed kinds: open ones, and the latest resolved ones. */
  readonly alerts: readonly Alert[]
  /** What has expired unused lately. */
  readonly expiries: readonly Expiry[]
}

export interface Finding {
  readonly kind: ForecastKind
  /** The batch; null where it is about the account. */
  readonly subject: string | null
  readonly detail: Readonly<Record<string, string | number>>
  /** How bad it is: twice as much, or half, is news. */
  readonly measure: number
}

/**
 * How an alert ended: `averted`, the credit is used in time, lasts longer or was voided; `expired`, some of the batch
 * did expire unused; `low`, the balance is low by now, which has an alert of its own; `quiet`, no such call came for a
 * week.
 */
export type Outcome = 'averted' | 'expired' | 'low' | 'quiet'

export interface ReviewPlan {
  readonly raise: readonly Finding[]
  readonly change: readonly { readonly id: string; readonly detail: Finding['detail'] }[]
  readonly resolve: readonly { readonly id: string; readonly detail: { readonly outcome: Outcome } }[]
}

export function planReview(account: ReviewedAccount): ReviewPlan {
  const findings = [...runOut(account), ...lapses(account)]
  const open = account.alerts.filter(({ resolvedAt }) => resolvedAt === null)
  const openFor = (finding: Finding) => open.find((alert) => isAbout(alert, finding))
  return {
    raise: findings
      .filter((finding) => !openFor(finding) && !isCooling(account, finding))
      .slice(0, Math.max(0, OPEN_MAX - open.filter(({ kind }) => kind !== 'unpriced').length)),
    change: findings.flatMap((finding) => {
      const alert = openFor(finding)
      return alert && isNews(finding, alert) ? [{ id: alert.id, detail: finding.detail }] : []
    }),
    resolve: open
      .filter((alert) =>
        alert.kind === 'unpriced'
          ? isQuiet(alert, account.now)
          : !findings.some((finding) => isAbout(alert, finding)),
      )
      .map((alert) => ({ id: alert.id, detail: { outcome: outcomeOf(alert, account) } })),
  }
}

function runOut({ forecast, isLow, alerts }: ReviewedAccount): Finding[] {
  const { daysLeft, runsOutAt } = forecast
  if (daysLeft === null || runsOutAt === null || daysLeft <= 0 || isLow) return []
  const isOpen = alerts.some(({ kind, resolvedAt }) => kind === 'run_out' && resolvedAt === null)
  if (daysLeft > (isOpen ? RUN_OUT_OVER_DAYS : RUN_OUT_DAYS)) return []
  return [
    {
      kind: 'run_out',
      subject: null,
      detail: { daysLeft: Math.round(daysLeft * 100) / 100, runsOutAt: runsOutAt.toISOString() },
      measure: 1 / daysLeft,
    },
  ]
}

function lapses({ now, forecast, batches, alerts }: ReviewedAccount): Finding[] {
  return forecast.lapses.flatMap(({ batchId, type, amount, at }) => {
    const kind = type === 'paid' ? ('paid_at_risk' as const) : ('expiring_soon' as const)
    const days = type === 'paid' ? PAID_AT_RISK_DAYS : EXPIRING_SOON_DAYS
    const batch = batches.find(({ id }) => id === batchId)
    if (!batch || at.getTime() - now.getTime() > days * DAY_MS) return []
    const isOpen = alerts.some(
      (alert) => alert.resolvedAt === null && alert.kind === kind && alert.subject === batchId,
    )
    // Half of what opens it keeps it open.
    const parts = isOpen ? REMAINDER_PARTS * 2n : REMAINDER_PARTS
    if (amount * parts < batch.allocated) return []
    const detail = { amount: formatAmount(amount), expiresAt: at.toISOString() }
    return [{ kind, subject: batchId, detail, measure: Number(amount) }]
  })
}

const isAbout = (alert: Alert, { kind, subject }: Finding): boolean =>
  alert.kind === kind && alert.subject === subject

const isNews = (finding: Finding, alert: Alert): boolean =>
  isWorse(finding, alert) ||
  finding.measure * NEWS_FACTOR <= measureOf(alert) ||
  finding.detail['expiresAt'] !== alert.detail['expiresAt']

const isWorse = ({ measure }: Finding, alert: Alert): boolean => measure >= measureOf(alert) * NEWS_FACTOR

function isCooling({ now, alerts }: ReviewedAccount, finding: Finding): boolean {
  return alerts.some(
    (alert) =>
      isAbout(alert, finding) &&
      alert.resolvedAt !== null &&
      now.getTime() - alert.resolvedAt.getTime() < COOL_DOWN_MS &&
      !isWorse(finding, alert),
  )
}

/** Of an alert, as its detail tells it. */
function measureOf({ kind, detail }: Alert): number {
  const { daysLeft, amount } = detail
  if (kind === 'run_out') return typeof daysLeft === 'number' && daysLeft > 0 ? 1 / daysLeft : Infinity
  return typeof amount === 'string' ? Number(parseAmount(amount)) : 0
}

function isQuiet({ raisedAt, detail }: Alert, now: Date): boolean {
  const { lastRaisedAt } = detail
  const last = typeof lastRaisedAt === 'string' ? Date.parse(lastRaisedAt) : raisedAt.getTime()
  return now.getTime() - last >= UNPRICED_FOR_DAYS * DAY_MS
}

/** Why it is over: whether what was feared has come about. */
function outcomeOf({ kind, subject }: Alert, { forecast, isLow, expiries }: ReviewedAccount): Outcome {
  if (kind === 'unpriced') return 'quiet'
  if (kind === 'run_out') return isLow || forecast.daysLeft === 0 ? 'low' : 'averted'
  return expiries.some(({ batchId }) => batchId === subject) ? 'expired' : 'averted'
}
