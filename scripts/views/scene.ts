import type { TestClock } from '../../src/clock.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { CreditsError } from '../../src/errors.ts'
import type { Batch, Charge } from '../../src/types.ts'

/** What happened to some accounts, for their views to show. */
export interface Scene {
  readonly ledger: CreditLedger
  /** The ledger's; it stands at `now`. */
  readonly clock: TestClock
  /** The one that most is told of. */
  readonly account: string
  readonly accounts: typeof ACCOUNTS
  /** When it is looked at. */
  readonly now: Date
  readonly batches: { readonly welcome: Batch; readonly topUp: Batch; readonly plan: Batch }
  /** A metered call that two batches paid, and one whose answer was given back in part. */
  readonly charges: { readonly across: Charge; readonly refunded: Charge }
}

const ACCOUNT = 'slack:T01ACME'
const ACCOUNTS = {
  account: ACCOUNT,
  indebted: 'slack:T02DEBT',
  allHeld: 'slack:T03HELD',
  unknown: 'slack:T04NEW',
} as const
const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** Stands for the id of any request. */
export const REQUEST_ID = '4f1d0c9a-77aa-4c31-9d1e-2b1f6a7d3c55'

/** The coded error that a call ends in. */
export async function refusalOf(call: () => Promise<unknown>): Promise<CreditsError> {
  try {
    await call()
  } catch (error) {
    if (CreditsError.isInstance(error)) return error
    throw error
  }
  throw new Error('The call was to be refused, and succeeded.')
}

/** The six weeks of an account: grants of every kind, calls of every category, a refund, an expiry and a void. */
export async function playScene(ledger: CreditLedger, clock: TestClock): Promise<Scene> {
  clock.set('2026-04-01T09:00:00Z')
  const welcome = await ledger.grant(ACCOUNT, {
    type: 'free',
    amount: '40',
    expiresIn: '90d',
    source: 'signup',
  })
  clock.advance(HOUR_MS)
  await ledger.grant(ACCOUNT, {
    type: 'free',
    amount: '120',
    expiresAt: '2026-05-03T17:00:00Z',
    note: 'spring',
  })
  clock.advance(DAY_MS)
  const topUp = await ledger.grant(ACCOUNT, { type: 'paid', amount: '250', source: 'top_up' })
  clock.advance(DAY_MS)
  const gift = await ledger.grant(ACCOUNT, {
    type: 'free',
    amount: '15',
    expiresIn: '120d',
    source: 'adjustment',
  })
  await ledger.void(ACCOUNT, gift.id, { reason: 'Granted twice' })
  const plan = await ledger.grant(ACCOUNT, {
    type: 'paid',
    amount: '500',
    source: 'subscription',
    expiresAt: '2026-07-15T00:00:00Z',
  })
  await playApril(ledger, clock)
  const across = await playMay(ledger, clock)
  const refunded = await playRefund(ledger, clock)
  await ledger.sweep()
  clock.set('2026-05-08T09:30:00Z')
  await ledger.authorize(ACCOUNT, { amount: '2.25', category: 'LLM', ttl: '1h' })
  await playOthers(ledger, clock)
  await ledger.raiseAlert(ACCOUNT, { kind: 'unpriced', subject: 'POST /images/generations' })
  await ledger.reviewAlerts()
  return {
    ledger,
    clock,
    account: ACCOUNT,
    accounts: ACCOUNTS,
    now: clock.now(),
    batches: { welcome, topUp, plan },
    charges: { across, refunded },
  }
}

/** Accounts that are short of credit, each in its way. */
async function playOthers(ledger: CreditLedger, clock: TestClock): Promise<void> {
  const { indebted, allHeld } = ACCOUNTS
  clock.set('2026-05-08T06:30:00Z')
  await ledger.grant(indebted, { type: 'paid', amount: '20' })
  await ledger.grant(allHeld, { type: 'paid', amount: '20' })
  const call = { category: 'LLM', model: 'gpt-5-mini', agent: 'support', user: 'U07ADA' } as const
  const hold = await ledger.authorize(indebted, { amount: '15', ...call })
  await ledger.capture(indebted, hold.id, '23.2')
  await ledger.authorize(allHeld, { amount: '20', ttl: '6h', ...call })
  clock.set('2026-05-08T09:30:00Z')
}

/** Some calls every day: of the promotion a part is left when it expires. */
async function playApril(ledger: CreditLedger, clock: TestClock): Promise<void> {
  clock.set('2026-04-09T10:00:00Z')
  for (let day = 0; day < 21; day++) {
    await chargeDay(ledger, day)
    clock.advance(DAY_MS)
  }
}

/** The promotion is gone; the welcome credit runs out in the middle of a call, and the plan goes on. */
async function playMay(ledger: CreditLedger, clock: TestClock): Promise<Charge> {
  clock.set('2026-05-04T10:00:00Z')
  await ledger.sweep()
  for (let day = 0; day < 3; day++) {
    await chargeDay(ledger, day)
    clock.advance(DAY_MS)
  }
  const hold = await ledger.authorize(ACCOUNT, {
    amount: '40',
    category: 'LLM',
    model: 'gpt-5-mini',
    agent: 'support',
    user: 'U07ADA',
    conversation: 'C0SUPPORT',
    tags: { ticket: 'T-4711' },
  })
  const [across] = await ledger.capture(ACCOUNT, hold.id, {
    amount: '37.2',
    units: { input_tokens: '36000000', output_tokens: '600000' },
    prices: { input_tokens: '0.000001', output_tokens: '0.000002' },
    provider: 'openai',
    rateVersion: 'genai-prices 0.1.8',
    exactCost: '37.2',
    providerId: 'resp_68af4030592c81938ec0a5fbab4a3e9f',
  })
  if (across === undefined) throw new Error('A capture of one line is one charge.')
  return across
}

async function playRefund(ledger: CreditLedger, clock: TestClock): Promise<Charge> {
  clock.set('2026-05-07T12:00:00Z')
  await ledger.grant(ACCOUNT, { type: 'free', amount: '60', expiresAt: '2026-06-04T12:00:00Z', note: 'May' })
  clock.set('2026-05-07T14:00:00Z')
  const charge = await ledger.charge(ACCOUNT, {
    amount: '1.203117',
    category: 'SpeechToText',
    model: 'nova-3',
    agent: 'call-notes',
    user: 'U07LIN',
    units: { input_audio_seconds: '390.2' },
    prices: { input_audio_seconds: '37/12000' },
    exactCost: '72187/60000',
    provider: 'deepgram',
    estimated: true,
    note: 'the stream was cut off, its length is by the clock',
  })
  clock.advance(HOUR_MS)
  await ledger.refund(ACCOUNT, charge.id, { amount: '0.5', reason: 'The call dropped', actor: 'U07ADMIN' })
  return charge
}

async function chargeDay(ledger: CreditLedger, day: number): Promise<void> {
  const spend = (amount: string, what: Parameters<CreditLedger['charge']>[1]['category'], more: object) =>
    ledger.charge(ACCOUNT, { amount, category: what, ...more })
  const tenths = (day * 7) % 10
  await spend(`2.${tenths}`, 'LLM', { model: 'gpt-5-mini', agent: 'support', user: 'U07ADA' })
  await spend(`0.${tenths}5`, 'WebSearch', { model: 'tavily', agent: 'research', user: 'U07LIN' })
  if (day % 3 === 0)
    await spend('0.75', 'SpeechToText', { model: 'nova-3', agent: 'call-notes', user: 'U07LIN' })
  if (day % 5 === 0)
    await spend('1.5', 'LLM', { model: 'claude-haiku-4-5', agent: 'research', user: 'nightly' })
}
