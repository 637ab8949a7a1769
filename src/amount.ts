import { CreditsError } from './errors.ts'

declare const brand: unique symbol

/** An amount of credit in micro-credits: an integer, 1 credit = 1,000,000. */
export type Credits = bigint & { readonly [brand]: 'Credits' }

/** What a caller may give as an amount: a decimal string of credits (`'12.5'`), or micro-credits. */
export type AmountInput = string | Credits

export const MICRO_PER_CREDIT = 1_000_000n

/** The largest amount a PostgreSQL bigint holds. */
export const MAX_CREDITS = (2n ** 63n - 1n) as Credits

export const ZERO = 0n as Credits

const DECIMAL = /^(\d{1,13})(?:\.(\d{1,6}))?$/

/** Marks an integer of micro-credits as such. */
export const micro = (value: bigint): Credits => value as Credits

/**
 * Reads an amount of credit. Strings are decimal credits with at most 6 places; nothing is rounded.
 *
 * @throws CreditsError `invalid_amount` for anything else: a JavaScript number, a sign, an exponent, more than
 * 6 decimals, or more than 9,223,372,036,854.775807 credits.
 * @example parseAmount('0.25') // 250000n
 */
export function parseAmount(input: unknown, name = 'amount'): Credits {
  if (typeof input === 'bigint') {
    if (input < 0n) throw invalid(name, `${formatAmount(micro(input))} is negative`)
    if (input > MAX_CREDITS) throw tooLarge(name)
    return input as Credits
  }
  if (typeof input !== 'string') {
    throw invalid(name, `a ${typeof input} is not exact; give a decimal string such as '12.5'`)
  }
  const match = DECIMAL.exec(input)
  if (!match) throw invalid(name, explainMalformed(input))
  const value = BigInt(match[1] as string) * MICRO_PER_CREDIT + BigInt((match[2] ?? '').padEnd(6, '0'))
  if (value > MAX_CREDITS) throw tooLarge(name)
  return value as Credits
}

/**
 * Reads an amount that must be more than zero.
 *
 * @throws CreditsError `invalid_amount`
 */
export function parsePositiveAmount(input: unknown, name = 'amount'): Credits {
  const value = parseAmount(input, name)
  if (value === 0n) throw invalid(name, 'it must be more than 0')
  return value
}

/**
 * Writes an amount as a decimal string of credits without trailing zeros.
 *
 * @example formatAmount(micro(-1_500_000n)) // '-1.5'
 */
export function formatAmount(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * Writes an amount for people: thousands separated, at most `places` decimals, rounded half away from zero,
 * and never a non-zero amount as 0 (that shows all its digits).
 *
 * @example displayAmount(micro(1_234_567_890n)) // '1,234.57'
 */
export function displayAmount(value: bigint, places = 2): string {
  const unit = 10n ** BigInt(6 - places)
  const magnitude = value < 0n ? -value : value
  const rounded = ((magnitude + unit / 2n) / unit) * unit
  const shown = formatAmount(rounded === 0n ? magnitude : rounded)
  const [whole = '0', fraction] = shown.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${value < 0n ? '-' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

function explainMalformed(input: string): string {
  const shown = JSON.stringify(input.slice(0, 40))
  if (input.startsWith('-')) return `${shown} is negative`
  if (/^\d+\.\d{7,}$/.test(input)) return `${shown} has more than 6 decimals`
  if (/^\d{14,}(\.\d{1,6})?$/.test(input)) return `${shown} is more than ${formatAmount(MAX_CREDITS)}`
  return `${shown} is not a decimal number such as '12.5'`
}

const invalid = (name: string, why: string) =>
  new CreditsError('invalid_amount', `Invalid ${name}: ${why}.`, { name })

const tooLarge = (name: string) => invalid(name, `it is more than ${formatAmount(MAX_CREDITS)}`)
