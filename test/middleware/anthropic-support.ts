import Anthropic from '@anthropic-ai/sdk'
import { metered, type MeteredOptions } from '../../middleware/index.ts'
import { type AnthropicStandIn, startAnthropicStandIn } from '../fakes/providers/anthropic.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { type ChargeRow, settledCharges } from './support.ts'

export const MODEL = 'claude-haiku-4-5'

/**
 * Micro-credits for a token of claude-haiku-4-5, at 100 credits a dollar: $1, $0.10 from the cache, $1.25 and $2 into
 * it for five minutes and an hour, $5 a million (https://platform.claude.com/docs/en/about-claude/pricing).
 */
export const HAIKU = { input: 100n, cacheRead: 10n, cacheWrite: 125n, cacheWriteHour: 200n, output: 500n }
/** For a web search: $10 a thousand, on the same page. */
export const SEARCH = 1_000_000n

export const REQUEST = {
  model: MODEL,
  max_tokens: 1000,
  system: 'Answer briefly.',
  messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
}

export const WEB_SEARCH = { type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 4 }

/** A ledger, a stand-in for Anthropic, and accounts of their own for each test. */
export interface AnthropicBench extends TestLedger {
  readonly standIn: AnthropicStandIn
  /** The SDK as it comes. */
  readonly plain: Anthropic
  /** The SDK, metered. */
  client(options?: Partial<MeteredOptions>, from?: Anthropic): Anthropic
  /** An account with this much credit. */
  fund(amount?: string): Promise<string>
  settledCharges(account: string): Promise<ChargeRow[]>
}

export async function openAnthropicBench(): Promise<AnthropicBench> {
  const testLedger = await openTestLedger()
  const standIn = await startAnthropicStandIn()
  const { ledger } = testLedger
  const plain = new Anthropic({ baseURL: standIn.url, apiKey: 'any' })
  let accounts = 0
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

/** What a message of MODEL costs by its usage, without its searches, in micro-credits. */
export function costOfMessage(usage: Anthropic.Usage): bigint {
  const forAnHour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0
  return (
    BigInt(usage.input_tokens) * HAIKU.input +
    BigInt(usage.cache_read_input_tokens ?? 0) * HAIKU.cacheRead +
    BigInt((usage.cache_creation_input_tokens ?? 0) - forAnHour) * HAIKU.cacheWrite +
    BigInt(forAnHour) * HAIKU.cacheWriteHour +
    BigInt(usage.output_tokens) * HAIKU.output
  )
}
