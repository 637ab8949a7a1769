import { openPricing, type Pricing, type PricingInput } from '../rates.ts'

export const PRICING_SETTINGS = ['creditsPerDollar', 'markup'] as const
export type PricingSetting = (typeof PRICING_SETTINGS)[number]

/** One setting, from a date on; without a value the more general one holds again. */
export interface StoredSetting {
  /** Or `ALL_ACCOUNTS`. */
  readonly account: string
  readonly setting: PricingSetting
  readonly effectiveFrom: Date
  readonly value: string | null
}

type History = { [Setting in PricingSetting]?: StoredSetting[] }

/** What stands for all accounts in the place of one's name. */
export const ALL_ACCOUNTS = ''

/** Combinations in use at a time; reading one again costs microseconds. */
const OPENED_MAX = 1000

/** How dollars become credits for each account, as stored. */
export class PricingSettings {
  private readonly histories = new Map<string, History>()
  private readonly opened = new Map<string, Pricing>()

  /** @param settings by ascending date */
  constructor(settings: readonly StoredSetting[]) {
    for (const setting of settings) {
      const history = this.histories.get(setting.account) ?? {}
      this.histories.set(setting.account, history)
      const values = (history[setting.setting] ??= [])
      values.push(setting)
    }
  }

  /**
   * The pricing of an account: its own, else as given, else that of all accounts, else the default; each setting
   * for itself.
   *
   * @throws CreditsError `invalid_setting` for what is given
   */
  resolve(account: string | undefined, given: PricingInput, at: Date): Pricing {
    const value = (setting: PricingSetting): string | undefined =>
      (account === undefined ? undefined : this.find(account, setting, at)) ??
      given[setting] ??
      this.find(ALL_ACCOUNTS, setting, at)
    const creditsPerDollar = value('creditsPerDollar')
    const markup = value('markup')
    const key = JSON.stringify([creditsPerDollar, markup])
    const known = this.opened.get(key)
    if (known) return known
    const pricing = openPricing({ creditsPerDollar, markup })
    if (this.opened.size >= OPENED_MAX) this.opened.clear()
    this.opened.set(key, pricing)
    return pricing
  }

  private find(account: string, setting: PricingSetting, at: Date): string | undefined {
    const values = this.histories.get(account)?.[setting]
    return values?.findLast(({ effectiveFrom }) => effectiveFrom <= at)?.value ?? undefined
  }
}
