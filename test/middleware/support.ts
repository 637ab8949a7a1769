import OpenAI from 'openai'
import { asc, eq } from 'drizzle-orm'
import { expect } from 'vitest'
import { charges } from '../../db/schema.ts'
import { type OpenAiStandIn, type StandInOptions, startOpenAiStandIn } from '../../demo/openai-stand-in.ts'
import { metered, type MeteredOptions } from '../../middleware/index.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

/** Micro-credits for a token of gpt-4.1-mini ($0.40, $0.10, $1.60 a million) at 100 credits a dollar. */
export const MINI = { input: 40n, cached: 10n, output: 160n }
/** Micro-credits for a web search ($10 a thousand). */
export const SEARCH = 1_000_000n

export const MODEL = 'gpt-4.1-mini'

export const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'Answer briefly.' },
  { role: 'user', content: 'What is new in PostgreSQL 18?' },
]

export type ChargeRow = typeof charges.$inferSelect

/** A ledger, a stand-in for OpenAI, and accounts of their own for each test. */
export interface Bench extends TestLedger {
  readonly standIn: OpenAiStandIn
  /** The SDK as it comes. */
  readonly plain: OpenAI
  /** The SDK, metered. */
  client(options?: Partial<MeteredOptions>, from?: OpenAI): OpenAI
  /** An account with this much credit. */
  fund(amount?: string): Promise<string>
  /** Waits until nothing of the account is under way, checks its books, and answers with its charges in order. */
  settledCharges(account: string): Promise<ChargeRow[]>
}

let accounts = 0

export async function openBench(standInOptions: StandInOptions = {}): Promise<Bench> {
  const testLedger = await openTestLedger()
  const standIn = await startOpenAiStandIn(standInOptions)
  const { ledger } = testLedger
  const plain = new OpenAI({ baseURL: standIn.url, apiKey: 'any' })
  return {
    ...testLedger,
    standIn,
    plain,
    client: (options = {}, from = plain) => metered(from, { credits: ledger, ...options }),
    async fund(amount = '100') {
      const account = `account-${++accounts}`
      await ledger.grant(account, { type: 'paid', amount })
      return account
    },
    settledCharges: (account) => settledCharges(ledger, account),
    async close() {
      await standIn.close()
      await testLedger.close()
    },
  }
}

export async function settledCharges(ledger: CreditLedger, account: string): Promise<ChargeRow[]> {
  await expect
    .poll(async () => (await ledger.balance(account)).openHolds, { timeout: 10_000, interval: 5 })
    .toBe(0)
  await ledger.settled()
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
  const drizzle = await ledger.database.drizzle()
  return drizzle.select().from(charges).where(eq(charges.accountId, account)).orderBy(asc(charges.id))
}

/** What a chat completion of MODEL costs by its usage, in micro-credits. */
export function costOfChat(usage: OpenAI.CompletionUsage | null | undefined): bigint {
  const cached = BigInt(usage?.prompt_tokens_details?.cached_tokens ?? 0)
  return (
    (BigInt(usage?.prompt_tokens ?? 0) - cached) * MINI.input +
    cached * MINI.cached +
    BigInt(usage?.completion_tokens ?? 0) * MINI.output
  )
}

/** Everything that an iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of iterable) all.push(item)
  return all
}

/** What a promise is rejected with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It was not rejected.')
}
