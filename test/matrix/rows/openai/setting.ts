import OpenAI, { AzureOpenAI } from 'openai'
import { type OpenAiStandIn, startOpenAiStandIn } from '../../../../demo/openai-stand-in.ts'
import { piecesOf } from '../../../../demo/stand-in/script.ts'
import { type Fetch, metered } from '../../../../middleware/index.ts'
import { perMillion, perMinute, perThousand, type Price } from '../../prices.ts'
import type { ExpectedCharge, Row, Run } from '../../row.ts'
import type { StainlessRoute, StreamingRoute } from '../stainless/route.ts'

export type OpenAiRow = Row<OpenAiStandIn>
export type OpenAiRun = Run<OpenAiStandIn>
export type OpenAiRoute = StainlessRoute<OpenAI, OpenAiStandIn>
export type OpenAiStreamingRoute = StreamingRoute<OpenAI, OpenAiStandIn>

/**
 * What the model says: JSON, for `.parse()`. An odd number of words: then the middle of a stream is at the same word
 * whether or not its usage follows.
 */
export const ANSWER =
  '{"headline": "PostgreSQL 18 brings asynchronous I/O, skip scans, and uuidv7() for ids in order of time; ' +
  'upgrading is quicker than before."}'

export const WORDS = piecesOf(ANSWER)
if (WORDS.length % 2 === 0) throw new Error('The answer needs an odd number of words.')

export const startOpenAi = (): Promise<OpenAiStandIn> => startOpenAiStandIn({ script: { answer: ANSWER } })

/** The client as an agent has it: metered in the metered run. */
export const openaiOf = ({ standIn, metering }: OpenAiRun): OpenAI => {
  const plain = new OpenAI({ baseURL: standIn.url, apiKey: 'any' })
  return metering ? metered(plain, metering) : plain
}

/** A client of Azure's, whose requests end at the stand-in. */
export function azureOf({ standIn, metering }: OpenAiRun): AzureOpenAI {
  const rerouted: Fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    return fetch(pathname.replace(/^\/openai(\/deployments\/[^/]+)?/, standIn.url), init)
  }
  const plain = new AzureOpenAI({
    endpoint: 'https://example.openai.azure.com',
    apiKey: 'any',
    apiVersion: '2024-10-21',
    fetch: rerouted,
  })
  return metering ? metered(plain, metering) : plain
}

/** https://openai.com/api/pricing and https://platform.openai.com/docs/pricing, read on 2026-11-22. */
export const PRICES = {
  'gpt-4.1-mini': {
    input_tokens: perMillion('0.40'),
    cache_read_tokens: perMillion('0.10'),
    output_tokens: perMillion('1.60'),
  },
  'gpt-5-mini': {
    input_tokens: perMillion('0.25'),
    cache_read_tokens: perMillion('0.025'),
    output_tokens: perMillion('2.00'),
  },
  'gpt-3.5-turbo-instruct': { input_tokens: perMillion('1.50'), output_tokens: perMillion('2.00') },
  'gpt-4o-mini-transcribe': {
    input_tokens: perMillion('1.25'),
    input_audio_tokens: perMillion('3.00'),
    output_tokens: perMillion('5.00'),
  },
  'whisper-1': { input_audio_seconds: perMinute('0.006') },
  'text-embedding-3-small': { input_tokens: perMillion('0.02') },
  web_search: { web_searches: perThousand('10') },
} satisfies Record<string, Record<string, Price>>

/** A charge of a model, at its prices. */
export const llm = (
  model: 'gpt-4.1-mini' | 'gpt-5-mini' | 'gpt-3.5-turbo-instruct' | 'text-embedding-3-small',
  units: ExpectedCharge['units'],
  estimated?: true,
): ExpectedCharge => ({
  category: 'LLM',
  model,
  units,
  prices: PRICES[model],
  ...(estimated && { estimated }),
})

/** Four characters a token: how the stand-in counts, and what an average is taken to be. */
export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4)

/** What a call sees that is refused because its account has nothing. */
const NO_CREDIT = {
  class: 'APIError',
  status: 402,
  code: 'insufficient_credits',
  isInsufficientCredits: true,
  atOnce: true,
}

/** What all routes have in common. */
export const COMMON = { clientOf: openaiOf, noCredit: NO_CREDIT }
