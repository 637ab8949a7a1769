import type { Database } from '../../db/connect.ts'
import { CreditsError } from '../errors.ts'
import { parseInstant } from '../instant.ts'
import { checkAccount, checkInput } from '../validate.ts'
import { SETTINGS_MAX } from './price-reader.ts'
import { ALL_ACCOUNTS, type PricingSetting } from './pricing-settings.ts'
import { type StoredState, withState } from './stored-state.ts'
import { checkSize, writeLocked } from './write-lock.ts'

/** How dollars are to become credits. What is not given stays as it is; null: as for all accounts, or the default. */
export interface PricingChange {
  /** Default: all accounts that have no setting of their own. */
  account?: string | undefined
  creditsPerDollar?: string | null | undefined
  markup?: string | null | undefined
  /** From when on. Default: now. Never in the past. */
  from?: Date | string | undefined
}

export interface ListedSetting {
  /** Null: all accounts. */
  account: string | null
  setting: PricingSetting
  /** Null: as for all accounts, or the default. */
  value: string | null
  from: Date
  state: StoredState
}

interface Row {
  account_id: string
  setting: string
  value: string | null
  effective_from: Date
}

const DECIMAL = /^\d{1,15}(\.\d{1,15})?$/
/** More than anybody reads; an account's name finds the rest. */
const LISTED_MAX = 10_000

const COLUMNS = { creditsPerDollar: 'credits_per_dollar', markup: 'markup' } as const

const SETTINGS = `
  select account_id, setting, value, effective_from from pricing
  where ($1::text is null or account_id = $1)
  order by account_id, setting, effective_from limit ${LISTED_MAX + 1}`

const WRITE = `
  insert into pricing (account_id, setting, effective_from, value, set_at)
  values ($1, $2, $3, $4, clock_timestamp())
  on conflict (account_id, setting, effective_from) do update
    set value = excluded.value, set_at = excluded.set_at`

/**
 * @param account one account, `ALL_ACCOUNTS`, or undefined for both
 * @throws CreditsError `invalid_page` where there are too many to list
 */
export async function listPricing(
  database: Database,
  account: string | undefined,
  now: Date,
): Promise<ListedSetting[]> {
  const rows = await database.read((sql) =>
    sql.unsafe<Row[]>(SETTINGS, [account ?? null], { prepare: database.prepare }),
  )
  if (rows.length > LISTED_MAX) {
    throw new CreditsError('invalid_page', `More than ${LISTED_MAX} settings: name an account.`)
  }
  const settings = rows.map((row) => ({
    account: row.account_id === ALL_ACCOUNTS ? null : row.account_id,
    setting: row.setting === COLUMNS.markup ? ('markup' as const) : ('creditsPerDollar' as const),
    value: row.value,
    from: row.effective_from,
  }))
  return withState(settings, (item) => JSON.stringify([item.account, item.setting]), now)
}

/**
 * Stores settings. One whose date is still to come may be changed; for a time that is past none is set, because
 * calls have been charged for it.
 *
 * @throws CreditsError `invalid_setting`, `invalid_account`, `invalid_time`
 */
export async function writePricing(
  database: Database,
  change: PricingChange,
  fixedTime: Date | null,
): Promise<void> {
  const { from } = checkInput(change)
  const account = change.account === undefined ? ALL_ACCOUNTS : checkAccount(change.account)
  const wanted = from === undefined ? undefined : parseInstant(from, 'from')
  const settings = Object.entries(COLUMNS).flatMap(([name, column]) => {
    const value = change[name as PricingSetting]
    return value === undefined ? [] : [{ column, value: value === null ? null : checkDecimal(value, name) }]
  })
  if (settings.length === 0) {
    throw new CreditsError('invalid_setting', 'Nothing to set: give creditsPerDollar, markup, or both.')
  }
  await writeLocked(database, 'pricing', fixedTime, async (sql, now) => {
    if (wanted && wanted < now) throw past(wanted)
    for (const { column, value } of settings) await sql.unsafe(WRITE, [account, column, wanted ?? now, value])
    await checkSize(sql, 'pricing', SETTINGS_MAX, tooMany)
  })
}

function checkDecimal(value: unknown, name: string): string {
  if (typeof value === 'string' && DECIMAL.test(value) && /[1-9]/.test(value)) return value
  throw new CreditsError(
    'invalid_setting',
    `Invalid ${name}: give a decimal string of more than 0 and at most 15 decimals, such as '1.25'.`,
    { name },
  )
}

const past = (from: Date) =>
  new CreditsError(
    'invalid_setting',
    `${from.toISOString()} is past, and calls have been charged for it: leave the time out for now, or give a later one.`,
    { name: 'from' },
  )

const tooMany = () =>
  new CreditsError(
    'invalid_setting',
    `There would be more than ${SETTINGS_MAX} settings. Remove those long past.`,
  )
