/** Checks of what callers give, before anything is sent to the database. */
import { stringify } from 'safe-stable-stringify'
import { CreditsError, type CreditsErrorCode } from './errors.ts'
import { type Attribution, CATEGORIES, type Category } from './types.ts'

const ACCOUNT_MAX = 200
const KEY_MAX = 200
/** Model, agent and user are part of a usage bucket's key, and PostgreSQL limits an index entry to 2,704 bytes. */
const NAME_MAX = 128
const TEXT_MAX = 1_000
const TAGS_MAX = 16
const RECEIPT_MAX = 8_192

/**
 * For callers without types: an input that is no object has nothing to read.
 *
 * @throws CreditsError `invalid_input`
 */
export function checkInput<T extends object>(input: T): T {
  if (typeof input === 'object' && input !== null) return input
  throw new CreditsError(
    'invalid_input',
    `Give the input as an object, not ${input === null ? 'null' : typeof input}.`,
  )
}

/** @throws CreditsError `invalid_account` */
export function checkAccount(account: unknown): string {
  return checkText(account, 'invalid_account', 'account', ACCOUNT_MAX)
}

/** @throws CreditsError `invalid_key` */
export function checkKey(key: unknown): string {
  return checkText(key, 'invalid_key', 'key', KEY_MAX)
}

/** @throws CreditsError `invalid_category` */
export function checkCategory(category: unknown): Category {
  return checkOneOf(category, CATEGORIES, 'invalid_category', 'category')
}

/** @throws CreditsError with the given code, naming what there is */
export function checkOneOf<T extends string>(
  value: unknown,
  choices: readonly T[],
  code: CreditsErrorCode,
  name: string,
): T {
  if (choices.includes(value as T)) return value as T
  throw new CreditsError(code, `Unknown ${name} ${shown(value)}: give one of ${choices.join(', ')}.`, {
    name,
  })
}

/** @throws CreditsError `invalid_text` */
export function checkOptionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : checkText(value, 'invalid_text', name, TEXT_MAX)
}

/** @throws CreditsError `invalid_text` where a reason is missing */
export function checkReason(value: unknown): string {
  return checkText(value, 'invalid_text', 'reason', TEXT_MAX)
}

/** @throws CreditsError `invalid_text` */
export function checkReference(value: unknown): string {
  return checkText(value, 'invalid_text', 'reference', KEY_MAX)
}

/**
 * Takes whom and what a call is for out of an input that may have more.
 *
 * @throws CreditsError `invalid_attribution`
 */
export function checkAttribution(input: Attribution): Attribution {
  return {
    ...named('model', input.model, NAME_MAX),
    ...named('agent', input.agent, NAME_MAX),
    ...named('user', input.user, NAME_MAX),
    ...named('conversation', input.conversation, ACCOUNT_MAX),
    ...(input.tags === undefined ? {} : { tags: checkTags(input.tags) }),
  }
}

function named(name: keyof Attribution, value: unknown, longest: number): Attribution {
  return value === undefined || value === null
    ? {}
    : { [name]: checkText(value, 'invalid_attribution', name, longest) }
}

function checkTags(tags: unknown): Readonly<Record<string, string>> {
  const entries = typeof tags === 'object' && tags !== null ? Object.entries(tags) : undefined
  if (!entries || entries.length > TAGS_MAX) {
    throw new CreditsError('invalid_attribution', `Tags must be an object of at most ${TAGS_MAX} strings.`)
  }
  for (const [name, value] of entries) {
    checkText(name, 'invalid_attribution', 'name of a tag', NAME_MAX)
    checkText(value, 'invalid_attribution', `tag ${JSON.stringify(name)}`, NAME_MAX)
  }
  return Object.fromEntries(entries)
}

/** A receipt's details come from providers: what PostgreSQL cannot store is mended, not refused. */
export function mendReceipt(receipt: object): object {
  const json = stringify(receipt)
  if (json.length > RECEIPT_MAX) return { note: `A receipt of ${json.length} characters was left out.` }
  const kept = JSON.parse(json) as object
  // Both a NUL and half a character are written as an escape.
  return json.includes(String.raw`\u`) ? mendRecord(kept) : kept
}

const mendRecord = (record: object): object =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [mendText(name), mendValue(value)]))

function mendValue(value: unknown): unknown {
  if (typeof value === 'string') return mendText(value)
  return typeof value === 'object' && value !== null ? mendRecord(value) : value
}

const mendText = (text: string): string => text.toWellFormed().replaceAll('\0', '')

function checkText(value: unknown, code: CreditsErrorCode, name: string, longest: number): string {
  if (typeof value !== 'string' || value === '') {
    throw new CreditsError(code, `Invalid ${name}: give a text of 1 to ${longest} characters.`, { name })
  }
  if (value.length > longest) {
    throw new CreditsError(
      code,
      `Invalid ${name}: it has ${value.length} characters and may have ${longest}.`,
      { name },
    )
  }
  if (!value.isWellFormed() || value.includes('\0')) {
    throw new CreditsError(code, `Invalid ${name}: it has a NUL or half a character in it.`, { name })
  }
  return value
}

const shown = (value: unknown): string => JSON.stringify(String(value).slice(0, 40))
