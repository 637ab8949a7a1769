import { bookPaid } from '../src/book-paid.ts'
import { CreditsError } from '../src/errors.ts'
import { fractionOfNumber } from '../src/rates/fraction.ts'
import type { Rates, Usage } from '../src/rates.ts'
import { makeCall } from './call.ts'
import { type JsonObject, parseObject } from './json.ts'
import { type MeteredOptions, readOptions, type Settings } from './options.ts'
import type { CallPlan, PlanTerms, UsageLine, UsageReport } from './provider.ts'
import { readJsonEvents } from './providers/answer.ts'
import { requirePayer } from './payer.ts'
import { planTerms } from './terms.ts'
import { tellUnpriced } from './unpriced.ts'

/** How the calls of a client that has no `fetch` option are metered. */
export type WrapperOptions = Omit<
  MeteredOptions,
  'provider' | 'baseURL' | 'usageHosts' | 'modelNames' | 'maxOutputTokens' | 'maxAudioSeconds'
>

/** Whose calls they are. */
export interface WrappedProvider {
  /** Its name on the rate card. */
  readonly id: string
  /** Where its API is, for finding its prices. */
  readonly url: URL
}

/** What a call does at the provider: what it may cost, and how its answer says what it did. */
export interface Operation {
  /** In receipts and reports, e.g. `tavily/search`. */
  readonly model: string
  /** What is reserved, and charged where the answer does not say its cost. */
  readonly estimate: UsageLine
  /** What an answer says it cost; undefined where it does not say. */
  read(answer: JsonObject): UsageReport | undefined
}

/** What the calls of one wrapped client have in common. */
export interface WrappedCalls {
  readonly provider: WrappedProvider
  readonly settings: Settings
}

/** @throws CreditsError `invalid_setting`, `invalid_duration` */
export const wrappedCalls = (provider: WrappedProvider, options: WrapperOptions): WrappedCalls => ({
  provider,
  settings: readOptions(options),
})

/** An operation, planned: what a call of it is metered by. */
export interface PlannedOperation {
  readonly plan: CallPlan
  readonly notes: readonly string[]
}

/**
 * Plans an operation as of now.
 *
 * @throws CreditsError `unknown_price` by policy, before the provider hears of the call
 */
export async function planOperation(
  { provider, settings }: WrappedCalls,
  describe: (terms: PlanTerms) => Operation,
): Promise<PlannedOperation> {
  const notes: string[] = []
  await settings.prices.ready()
  const terms = planTerms(
    { url: provider.url },
    { id: provider.id, streamsUsageOnRequest: () => false },
    settings,
    notes,
  )
  const plan = planOf(describe(terms))
  for (const note of notes) settings.onUnpriced(`${plan.model}: ${note}`)
  return { plan, notes }
}

/**
 * Makes a call that answers with a value: reserves its estimate, makes it, and charges what the value says.
 *
 * @param stated the part of the answer that says its cost
 * @throws CreditsError before the call is made; and whatever `call` throws: then nothing is charged
 */
export async function meterValue<T>(
  planned: PlannedOperation,
  { settings }: WrappedCalls,
  call: () => Promise<T>,
  stated: (answer: T) => JsonObject,
): Promise<T> {
  let answer!: T
  // What the answer says of its cost goes the way of every other answer, as a body: one way to settle a call.
  const said = await makeCall({ ...planned, signal: undefined }, settings, async () => {
    answer = await call()
    return Response.json(stated(answer))
  })
  // Its end is where the call is settled.
  await said.text()
  return answer
}

/** What a call used of a thing that has a price. */
export function usageLine(usage: Usage, rates: Rates | undefined): UsageLine {
  return { category: 'WebSearch', usage, rates }
}

/** The price of one of the provider's services. Without any: refused, or undefined where the policy records it. */
export function servicePrice(service: string, what: string, terms: PlanTerms): Rates | undefined {
  const rates = terms.ratesOf(service)
  if (!rates) terms.unpriced(what)
  return rates
}

/** A report of a quantity that an answer states; undefined for what is no quantity. */
export function statedUsage(
  unit: string,
  quantity: unknown,
  rates: Rates | undefined,
  providerId?: string,
): UsageReport | undefined {
  // A count beyond a million for one call is none.
  if (typeof quantity !== 'number' || !(quantity >= 0 && quantity <= 1e6)) return undefined
  return { lines: [usageLine({ [unit]: fractionOfNumber(quantity, unit) }, rates)], providerId }
}

/**
 * Refuses a call that is not metered, or lets it through and records that it was made, as the policy says. What a
 * method answers that is no promise is passed on as it is.
 *
 * @throws CreditsError `unmetered_route`, `account_required`, `journal_full`
 */
export function passUnmetered<T>(what: string, { provider, settings }: WrappedCalls, call: () => T): T {
  if (settings.unmetered === 'refuse') throw unmeteredMethod(what, provider)
  const payer = requirePayer(settings)
  settings.credits.bookings.admit(false)
  const record = () => {
    bookPaid(settings.credits, {
      ...payer,
      category: 'WebSearch',
      cost: { amount: '0', provider: provider.id, estimated: true, note: `${what}: not metered, no price` },
      onError: settings.onError,
    })
    const subject = `${what} of ${provider.id}`
    const message = `${subject} is not metered: it was let through and nothing was charged`
    tellUnpriced(settings, payer.account, subject, message)
  }
  const answer = call()
  // A call that fails has cost nothing, and its caller hears of that.
  if (answer instanceof Promise) answer.then(record, () => undefined)
  else record()
  return answer
}

function planOf({ model, estimate, read }: Operation): CallPlan {
  const charged: UsageReport = {
    lines: [estimate],
    estimated: true,
    note: 'the answer did not state its cost; the estimate was charged',
  }
  return {
    model,
    category: 'WebSearch',
    estimate: [estimate],
    readAnswer: (text) => read(parseObject(text) ?? {}),
    estimateAnswer: () => charged,
    readEvents() {
      let report: UsageReport | undefined
      return readJsonEvents(
        {
          follow(event, data) {
            report = read(event) ?? report
            return data
          },
          report: () => report,
          estimate: () => charged,
          complete: () => false,
        },
        false,
      )
    },
  }
}

const unmeteredMethod = (what: string, { id }: WrappedProvider) =>
  new CreditsError(
    'unmetered_route',
    `${what} of ${id} may cost money and is not metered yet. Make this call with the client as it was before ` +
      "it was wrapped if it is to be paid for otherwise, or set unmetered: 'record'.",
    { provider: id, what },
  )
