import { type Credits, micro, ZERO } from '../src/amount.ts'
import { priceOfUnit } from '../src/rates/rate-card.ts'
import { amountOf, costOf, formatQuantity, type Rates, type Usage } from '../src/rates.ts'
import type { CaptureLine } from '../src/types.ts'
import type { Settings } from './options.ts'
import type { UsageLine, UsageReport } from './provider.ts'

type ChargeSettings = Pick<Settings, 'pricing' | 'unpriced'>

/**
 * What to reserve for a call: the cost of its estimate, and at least a micro-credit, because there is no hold of
 * nothing.
 *
 * @throws CreditsError `unknown_price`, unless the policy records what has no price
 */
export function amountToHold(estimate: readonly UsageLine[], settings: ChargeSettings): Credits {
  let sum = 0n
  for (const { usage, rates } of estimate) {
    if (rates) sum += amountOf(priced(usage, rates, settings), rates, settings.pricing)
  }
  return micro(sum > 0n ? sum : 1n)
}

/**
 * The lines of a capture: one for each category of what was used. What has no price and was let through all the
 * same costs nothing and says so.
 *
 * @param notes what the plan already knew to have no price
 * @throws CreditsError `unknown_price` where the answer used what has no price, unless the policy records it
 */
export function captureLines(
  report: UsageReport,
  settings: ChargeSettings,
  notes: readonly string[],
): CaptureLine[] {
  return report.lines.map((line) => {
    const unpriced = [...notes, ...(report.unpriced ?? []), ...unpricedUnits(line, settings)]
    const note = [report.note, ...unpriced].filter((part) => part !== undefined).join('; ')
    return {
      ...lineCost(line, settings),
      category: line.category,
      model: line.model,
      estimated: report.estimated === true || unpriced.length > 0,
      providerId: report.providerId,
      note: note === '' ? undefined : note,
    }
  })
}

/** What an answer used that has no price although the plan of the call had priced all that it knew of. */
export function surprises(report: UsageReport, notes: readonly string[]): string[] {
  const lines = notes.length > 0 ? [] : report.lines.filter(({ rates }) => !rates)
  return [
    ...(report.unpriced ?? []),
    ...lines.map(({ usage }) => `no price for ${Object.keys(usage).join(', ')}`),
  ]
}

function lineCost({ usage, rates }: UsageLine, settings: ChargeSettings) {
  const cost = rates ? costOf(priced(usage, rates, settings), rates, settings.pricing) : { amount: ZERO }
  return { ...cost, units: quantities(usage) }
}

function unpricedUnits({ usage, rates }: UsageLine, { unpriced }: ChargeSettings): string[] {
  if (!rates) return ['no price: nothing was charged']
  if (unpriced === 'refuse') return []
  return Object.keys(quantities(usage))
    .filter((unit) => !priceOfUnit(rates, unit))
    .map((unit) => `no price for ${unit}`)
}

/** The part of a usage that has a price, where the policy lets the rest through. */
function priced(usage: Usage, rates: Rates, { unpriced }: ChargeSettings): Usage {
  if (unpriced === 'refuse') return usage
  return Object.fromEntries(Object.entries(usage).filter(([unit]) => priceOfUnit(rates, unit)))
}

/** For the receipt; buckets with nothing in them are left out. */
const quantities = (usage: Usage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(usage)
      .map(([unit, quantity]) => [unit, formatQuantity(quantity)] as const)
      .filter(([, quantity]) => quantity !== '0'),
  )
