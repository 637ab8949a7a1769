/** What callers give, checked and turned into the ledger's operations. Nothing is sent before all of it is good. */
import { type AmountInput, formatAmount, parseAmount, parsePositiveAmount } from './amount.ts'
import { parseDuration } from './duration.ts'
import { CreditsError } from './errors.ts'
import { checkId, MAX_CHARGES_PER_CAPTURE, newId } from './ids.ts'
import { parseInstant } from './instant.ts'
import type { BookingLine, StoredReceipt } from './ledger/booking.ts'
import { inputHash } from './ledger/input-hash.ts'
import type { KeyedInput } from './ledger/operation.ts'
import { Authorize } from './ledger/operations/authorize.ts'
import { Book } from './ledger/operations/book.ts'
import { Capture, type CaptureCommandLine } from './ledger/operations/capture.ts'
import { ChargeNow } from './ledger/operations/charge.ts'
import { Extend } from './ledger/operations/extend.ts'
import { ExtendBatch } from './ledger/operations/extend-batch.ts'
import { Grant } from './ledger/operations/grant.ts'
import { RefundCharge } from './ledger/operations/refund.ts'
import { Release } from './ledger/operations/release.ts'
import { SetAlertLine } from './ledger/operations/set-alert-line.ts'
import { VoidBatch } from './ledger/operations/void.ts'
import {
  type AlertLineInput,
  type AuthorizeInput,
  BATCH_SOURCES,
  BATCH_TYPES,
  type BookInput,
  type BookLine,
  type CaptureLine,
  type Category,
  type ChargeInput,
  type DurationInput,
  type ExtendBatchInput,
  type GrantInput,
  type ReceiptDetail,
  type RefundInput,
  type VoidInput,
} from './types.ts'
import {
  checkAccount,
  checkAttribution,
  checkCategory,
  checkInput,
  checkKey,
  checkOneOf,
  checkOptionalText,
  checkReason,
  checkReference,
  mendReceipt,
} from './validate.ts'

export function grantOperation(account: string, input: GrantInput): Grant {
  checkInput(input)
  const type = checkOneOf(input.type, BATCH_TYPES, 'invalid_type', 'batch type')
  const source = checkOneOf(
    input.source ?? (type === 'free' ? 'signup' : 'top_up'),
    BATCH_SOURCES,
    'invalid_source',
    'source',
  )
  const terms = {
    type,
    source,
    amount: parsePositiveAmount(input.amount),
    expiry: expiryOf(input),
    note: checkOptionalText(input.note, 'note') ?? null,
    actor: checkOptionalText(input.actor, 'actor'),
  }
  const reference = input.reference === undefined ? null : checkReference(input.reference)
  return new Grant({
    account: checkAccount(account),
    ...terms,
    reference,
    keyed: alwaysKeyed(input.key, { grant: reference === null ? terms : { ...terms, reference } }),
  })
}

export function authorizeOperation(account: string, input: AuthorizeInput, holdTtlMs: number): Authorize {
  checkInput(input)
  const attribution = checkAttribution(input)
  const terms = {
    amount: parsePositiveAmount(input.amount),
    category: checkCategory(input.category),
    ttlMs: input.ttl === undefined ? holdTtlMs : parseDuration(input.ttl, 'ttl'),
    attribution: isEmpty(attribution) ? null : attribution,
  }
  return new Authorize({
    account: checkAccount(account),
    ...terms,
    keyed: keyedIfGiven(input.key, { authorize: terms }),
  })
}

export function captureOperation(
  account: string,
  holdId: string,
  cost: AmountInput | CaptureLine | readonly CaptureLine[],
): Capture {
  return new Capture(
    checkAccount(account),
    checkId(holdId, 'hold'),
    checkCount(linesOf(cost)).map(captureLine),
  )
}

function checkCount<Line>(lines: readonly Line[]): readonly Line[] {
  if (lines.length > 0 && lines.length <= MAX_CHARGES_PER_CAPTURE) return lines
  throw new CreditsError(
    'invalid_amount',
    `One call books 1 to ${MAX_CHARGES_PER_CAPTURE} charges, not ${lines.length}.`,
  )
}

const linesOf = (cost: AmountInput | CaptureLine | readonly CaptureLine[]): readonly CaptureLine[] => {
  if (Array.isArray(cost)) return cost as readonly CaptureLine[]
  return [typeof cost === 'object' && cost !== null ? (cost as CaptureLine) : { amount: cost }]
}

const captureLine = (line: CaptureLine): CaptureCommandLine => ({
  amount: parseAmount(checkInput(line).amount),
  category: line.category === undefined ? undefined : checkCategory(line.category),
  model: checkAttribution({ model: line.model }).model,
  estimated: line.estimated ?? false,
  detail: receiptOf(line),
})

/**
 * What a call cost, checked, as it is written down before it is booked: only what belongs on a receipt.
 *
 * @param category where a line names none
 * @throws CreditsError `invalid_…`
 */
export const bookLines = (
  cost: AmountInput | CaptureLine | readonly CaptureLine[],
  category: Category,
): BookLine[] =>
  checkCount(linesOf(cost)).map((given) => {
    const line = captureLine(given)
    return {
      amount: formatAmount(line.amount),
      category: line.category ?? category,
      ...(line.model === undefined ? {} : { model: line.model }),
      ...(line.estimated ? { estimated: true } : {}),
      ...line.detail,
    }
  })

export const releaseOperation = (account: string, holdId: string): Release =>
  new Release(checkAccount(account), checkId(holdId, 'hold'))

export const extendOperation = (account: string, holdId: string, ttl: DurationInput): Extend =>
  new Extend(checkAccount(account), checkId(holdId, 'hold'), parseDuration(ttl, 'ttl'))

export function bookOperation(account: string, input: BookInput): Book {
  checkInput(input)
  if (!Array.isArray(input.lines)) throw new CreditsError('invalid_input', 'Give the lines as an array.')
  const { tags, ...attribution } = checkAttribution(input)
  const lines = checkCount(input.lines as BookInput['lines']).map((given): BookingLine => {
    const { amount, category, model, estimated, detail } = captureLine(given)
    return {
      amount,
      category: checkCategory(category),
      attribution: model === undefined ? attribution : { ...attribution, model },
      estimated,
      receipt: tags ? { ...detail, tags } : detail,
    }
  })
  return new Book(checkAccount(account), lines, {
    key: checkKey(input.key),
    inputHash: inputHash({ book: lines }),
  })
}

export function chargeOperation(account: string, input: ChargeInput): ChargeNow {
  checkInput(input)
  const { tags, ...attribution } = checkAttribution(input)
  const detail = receiptOf(input)
  const line: BookingLine = {
    amount: parsePositiveAmount(input.amount),
    category: checkCategory(input.category),
    attribution,
    estimated: input.estimated ?? false,
    receipt: tags ? { ...detail, tags } : detail,
  }
  return new ChargeNow(checkAccount(account), line, keyedIfGiven(input.key, { charge: line }))
}

export function refundOperation(account: string, chargeId: string, input: RefundInput): RefundCharge {
  checkInput(input)
  const newBatch = input.newBatch
  const terms = {
    chargeId: checkId(chargeId, 'charge'),
    amount: input.amount === undefined ? null : parsePositiveAmount(input.amount),
    reason: checkReason(input.reason),
    actor: checkOptionalText(input.actor, 'actor'),
    newBatch: newBatch
      ? { expiresInMs: newBatch.expiresIn === undefined ? null : parseDuration(newBatch.expiresIn, 'expiry') }
      : null,
  }
  return new RefundCharge({
    account: checkAccount(account),
    ...terms,
    keyed: alwaysKeyed(input.key, { refund: terms }),
  })
}

export function voidOperation(account: string, batchId: string, input: VoidInput): VoidBatch {
  checkInput(input)
  const terms = {
    batchId: checkId(batchId, 'batch'),
    reason: checkReason(input.reason),
    actor: checkOptionalText(input.actor, 'actor'),
  }
  const limit = limitOf(input)
  return new VoidBatch({
    account: checkAccount(account),
    ...terms,
    limit,
    keyed: alwaysKeyed(input.key, { void: limit === null ? terms : { ...terms, limit } }),
  })
}

function limitOf({ amount, total }: VoidInput): { amount: bigint } | { total: bigint } | null {
  if (amount !== undefined && total !== undefined) {
    throw new CreditsError('invalid_amount', 'Give either an amount to void or a total, not both.')
  }
  if (amount !== undefined) return { amount: parsePositiveAmount(amount) }
  return total === undefined ? null : { total: parseAmount(total) }
}

export function extendBatchOperation(account: string, batchId: string, input: ExtendBatchInput): ExtendBatch {
  checkInput(input)
  if ([input.expiresIn, input.expiresAt, input.never].filter((each) => each !== undefined).length !== 1) {
    throw new CreditsError('invalid_time', 'Give one of expiresIn, expiresAt and never.')
  }
  const terms = {
    batchId: checkId(batchId, 'batch'),
    expiry: expiryOf(input),
    reason: checkReason(input.reason),
    actor: checkOptionalText(input.actor, 'actor'),
  }
  return new ExtendBatch({
    account: checkAccount(account),
    ...terms,
    keyed: alwaysKeyed(input.key, { extendBatch: terms }),
  })
}

export function alertLineOperation(account: string, input: AlertLineInput): SetAlertLine {
  checkInput(input)
  const terms = {
    amount:
      input.amount === undefined || input.amount === null ? input.amount : parsePositiveAmount(input.amount),
    percent: checkPercent(input.percent),
    actor: checkOptionalText(input.actor, 'actor'),
  }
  if (terms.amount === undefined && terms.percent === undefined) {
    throw new CreditsError(
      'invalid_input',
      'Give an amount or a percentage for the low-balance alert, or null.',
    )
  }
  return new SetAlertLine({
    account: checkAccount(account),
    ...terms,
    keyed: alwaysKeyed(input.key, { alertLine: terms }),
  })
}

function checkPercent(percent: number | null | undefined): number | null | undefined {
  if (percent === undefined || percent === null) return percent
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return percent
  throw new CreditsError('invalid_amount', 'Invalid percentage: give a whole number from 0 to 100.')
}

function expiryOf({
  expiresIn,
  expiresAt,
}: Pick<GrantInput, 'expiresIn' | 'expiresAt'>): { inMs: number } | { at: number } | null {
  if (expiresIn !== undefined && expiresAt !== undefined) {
    throw new CreditsError('invalid_time', 'Give either expiresIn or expiresAt, not both.')
  }
  if (expiresIn !== undefined) return { inMs: parseDuration(expiresIn, 'expiry') }
  return expiresAt === undefined ? null : { at: parseInstant(expiresAt, 'expiry').getTime() }
}

/** A call's hold or charge needs no key of its own: its id serves. */
function keyedIfGiven(key: string | undefined, input: Readonly<Record<string, unknown>>): KeyedInput | null {
  return key === undefined ? null : { key: checkKey(key), inputHash: inputHash(input) }
}

function alwaysKeyed(key: string | undefined, input: Readonly<Record<string, unknown>>): KeyedInput {
  return { key: key === undefined ? newId() : checkKey(key), inputHash: inputHash(input) }
}

const RECEIPT_FIELDS = [
  'units',
  'prices',
  'provider',
  'rateVersion',
  'exactCost',
  'worstCase',
  'providerCost',
  'providerId',
  'note',
] as const satisfies readonly (keyof ReceiptDetail)[]

/** Only what belongs on a receipt: whatever else an object has stays out of the ledger. */
function receiptOf(input: ReceiptDetail): StoredReceipt | null {
  const detail: Record<string, unknown> = {}
  for (const field of RECEIPT_FIELDS) if (input[field] !== undefined) detail[field] = input[field]
  return isEmpty(detail) ? null : mendReceipt(detail)
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0
