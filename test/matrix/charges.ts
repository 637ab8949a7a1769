import { asc, eq } from 'drizzle-orm'
import { charges } from '../../db/schema.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { ReceiptDetail } from '../../src/types.ts'
import { amountOf } from './prices.ts'
import type { ExpectedCharge } from './row.ts'

export type ChargeRow = typeof charges.$inferSelect

/** All charges of an account, in order. */
export async function chargesOf(ledger: CreditLedger, account: string): Promise<ChargeRow[]> {
  const drizzle = await ledger.database.drizzle()
  return drizzle.select().from(charges).where(eq(charges.accountId, account)).orderBy(asc(charges.id))
}

/** How the charges that exist differ from those that are to exist, in any order; nothing where they do not. */
export function compareCharges(found: readonly ChargeRow[], expected: readonly ExpectedCharge[]): string[] {
  const missing = [...expected]
  const differences: string[] = []
  for (const charge of found) {
    const of = missing.findIndex((candidate) => mismatches(charge, candidate).length === 0)
    if (of >= 0) missing.splice(of, 1)
    else differences.push(`a charge that was not expected: ${describeCharge(charge)}`)
  }
  for (const charge of missing) {
    // Of the charges that were not expected, the one of the same kind tells what is wrong.
    const alike = found.find(({ category, model }) => category === charge.category && model === charge.model)
    const wrong = alike ? ` (${mismatches(alike, charge).join('; ')})` : ''
    differences.push(`a charge is missing: ${describeExpected(charge)}${wrong}`)
  }
  return differences
}

export function describeCharge(charge: ChargeRow): string {
  const { category, model, amount, estimated } = charge
  const units = Object.entries(unitsOf(charge)).map(([unit, quantity]) => `${quantity} ${unit}`)
  return `${category} ${model} ${amount} µ (${units.join(', ')})${estimated ? ' estimated' : ''}`
}

/** As short as a table needs it. */
export const summarizeCharge = ({ category, amount, estimated }: ChargeRow): string =>
  `${category} ${estimated ? '~' : ''}${(Number(amount) / 1e6).toFixed(6)}`

const describeExpected = ({ category, model, units, estimated }: ExpectedCharge): string =>
  `${category} ${model} ${JSON.stringify(units)}${estimated ? ' estimated' : ''}`

function mismatches(found: ChargeRow, expected: ExpectedCharge): string[] {
  const units = unitsOf(found)
  return [
    ...(found.category === expected.category ? [] : [`category ${found.category}`]),
    ...(found.model === expected.model ? [] : [`model ${found.model}`]),
    ...(found.estimated === (expected.estimated ?? false) ? [] : [`estimated: ${found.estimated}`]),
    ...mismatchedUnits(units, expected),
    ...mismatchedAmount(found.amount, units, expected),
  ]
}

function mismatchedUnits(units: Record<string, number>, expected: ExpectedCharge): string[] {
  const names = new Set([...Object.keys(units), ...Object.keys(expected.units)])
  return [...names].flatMap((name) => {
    const quantity = units[name]
    const wanted = expected.units[name]
    const [least, most] = typeof wanted === 'object' ? wanted : [wanted, wanted]
    const fits =
      quantity !== undefined &&
      least !== undefined &&
      most !== undefined &&
      quantity >= least &&
      quantity <= most
    return fits ? [] : [`${name}: ${quantity ?? 'none'} instead of ${String(wanted ?? 'none')}`]
  })
}

function mismatchedAmount(
  amount: bigint,
  units: Record<string, number>,
  { prices }: ExpectedCharge,
): string[] {
  const unpriced = Object.keys(units).filter((unit) => !prices[unit])
  if (unpriced.length > 0) return [`no price was expected for ${unpriced.join(', ')}`]
  const expected = amountOf(units, prices)
  return amount === expected ? [] : [`amount ${amount} instead of ${expected}`]
}

function unitsOf({ receipt }: ChargeRow): Record<string, number> {
  const { units } = (receipt ?? {}) as ReceiptDetail
  return Object.fromEntries(Object.entries(units ?? {}).map(([unit, quantity]) => [unit, numberOf(quantity)]))
}

/** Of a decimal, or of a fraction such as `37/12000`. */
function numberOf(quantity: string): number {
  const [numerator, denominator = '1'] = quantity.split('/')
  return Number(numerator) / Number(denominator)
}
