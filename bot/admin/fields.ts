import { z } from 'zod'
import { parsePositiveAmount } from '../../src/amount.ts'
import { CreditsError } from '../../src/errors.ts'
import { checkId } from '../../src/ids.ts'
import { checkAccount } from '../../src/validate.ts'

/** The parts of what an admin asks for, as texts: typed after a command, filled in a form, or kept by a button. */
export const FIELD_NAMES = [
  'account',
  'batch',
  'charge',
  'amount',
  'type',
  'expires',
  'line',
  'note',
  'reason',
] as const
export type FieldName = (typeof FIELD_NAMES)[number]
export type Fields = { readonly [Name in FieldName]?: string }

/** What is wrong, by field. */
export type Problems = { readonly [Name in FieldName]?: string }

export type Read<Terms> = { readonly terms: Terms } | { readonly problems: Problems }

/** A button's value has room for 2,000 characters; whoever needs more to explain has another place for it. */
const TEXT_MAX = 200

/** Checks all fields, so that every mistake is reported at once; a field that is not asked for is one too. */
export function readFields<Shape extends z.ZodType>(shape: Shape, fields: Fields): Read<z.output<Shape>> {
  const parsed = shape.safeParse(fields)
  if (parsed.success) return { terms: parsed.data }
  const problems: { [Name in FieldName]?: string } = {}
  for (const issue of parsed.error.issues) {
    const name = FIELD_NAMES.find((candidate) => candidate === issue.path[0])
    if (name === undefined) throw new Error(`Not a field of this: ${issue.message}`)
    problems[name] ??= issue.message
  }
  return { problems }
}

/** A text that the ledger's own reader takes, with the reader's own words where it does not. */
export const readableBy = <Value>(read: (text: string) => Value, missing = 'Say it.') =>
  z.string({ error: missing }).transform((text, context): Value => {
    try {
      return read(text)
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  })

export const accountField = readableBy(checkAccount, 'Say whose account: @somebody, or its name.')
export const batchField = readableBy((text) => checkId(text, 'batch'), 'Say which batch, by its id.')
export const chargeField = readableBy((text) => checkId(text, 'charge'), 'Say which charge, by its id.')
export const amountField = readableBy(
  (text) => parsePositiveAmount(text.trim()),
  'Say how many credits, such as 12.5.',
)
export const noteField = readableBy(readText)
export const reasonField = readableBy(readText, 'Say why, at the end: the ledger keeps the reason.')

/** One line, without what no client shows. */
function readText(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  if (line === '') throw new CreditsError('invalid_text', 'Say it in words.')
  if (line.length <= TEXT_MAX) return line
  throw new CreditsError(
    'invalid_text',
    `At most ${TEXT_MAX} characters, not ${line.length}: say it in fewer words.`,
  )
}
