import type { Database } from '../../db/connect.ts'
import { CreditsError } from '../errors.ts'
import { fraction } from './fraction.ts'
import type { RateOverride } from './overrides.ts'
import type { PricingSetting, StoredSetting } from './pricing-settings.ts'

/** As many as a process keeps; writing more is refused. */
export const RATES_MAX = 100_000
export const SETTINGS_MAX = 100_000

export interface StoredPrices {
  readonly overrides: readonly RateOverride[]
  readonly settings: readonly StoredSetting[]
}

/** What is stored, and by what to tell later whether it still is the same. */
export interface PricesReading {
  /** The database's clock. */
  readonly at: Date
  readonly fingerprint: string
  /** Undefined: as it was when it had this fingerprint. */
  readonly prices: StoredPrices | undefined
}

interface RateRow {
  provider: string
  model: string
  unit: string
  effective_from: Date
  pico_dollars: string | null
  per: number
}

interface SettingRow {
  account_id: string
  setting: 'credits_per_dollar' | 'markup'
  effective_from: Date
  value: string | null
}

/** Whoever writes does it under a lock of the table, so that times of writing ascend. */
const FINGERPRINT = `
  select clock_timestamp() as at,
    concat_ws('/',
      (select concat(count(*), '@', max(set_at)) from rates),
      (select concat(count(*), '@', max(set_at)) from pricing)) as fingerprint`

const RATES = `
  select provider, model, unit, effective_from, pico_dollars, per from rates
  order by effective_from limit ${RATES_MAX + 1}`

const SETTINGS = `
  select account_id, setting, effective_from, value from pricing
  order by effective_from limit ${SETTINGS_MAX + 1}`

const SETTING_NAMES: Readonly<Record<SettingRow['setting'], PricingSetting>> = {
  credits_per_dollar: 'creditsPerDollar',
  markup: 'markup',
}

/** Reads the stored prices, unless they still have this fingerprint. */
export function readPrices(database: Database, fingerprint: string | undefined): Promise<PricesReading> {
  const { prepare } = database
  return database.read(async (sql) => {
    const [head] = await sql.unsafe<{ at: Date; fingerprint: string }[]>(FINGERPRINT, [], { prepare })
    if (!head) throw new Error('The time is one row.')
    if (head.fingerprint === fingerprint) return { ...head, prices: undefined }
    // After the fingerprint: what is written in between is read, and read once more the next time.
    const rates = await sql.unsafe<RateRow[]>(RATES, [], { prepare })
    const settings = await sql.unsafe<SettingRow[]>(SETTINGS, [], { prepare })
    if (rates.length > RATES_MAX || settings.length > SETTINGS_MAX) throw tooMany()
    return { ...head, prices: { overrides: rates.map(overrideOf), settings: settings.map(settingOf) } }
  })
}

const overrideOf = (row: RateRow): RateOverride => ({
  provider: row.provider,
  model: row.model,
  unit: row.unit,
  effectiveFrom: row.effective_from,
  price:
    row.pico_dollars === null
      ? undefined
      : { picoDollars: fraction(BigInt(row.pico_dollars), BigInt(row.per)), tiers: [] },
})

const settingOf = (row: SettingRow): StoredSetting => ({
  account: row.account_id,
  setting: SETTING_NAMES[row.setting],
  effectiveFrom: row.effective_from,
  value: row.value,
})

const tooMany = () =>
  new CreditsError(
    'invalid_setting',
    `There are more than ${RATES_MAX} rates or ${SETTINGS_MAX} pricing settings. Remove those long past.`,
  )
