import { readFile } from 'node:fs/promises'
import OpenAI, { toFile } from 'openai'
import { metered } from '../middleware/index.ts'
import { currentContext } from '../src/context.ts'
import type { CreditLedger } from '../src/credits.ts'
import { costOf } from '../src/rates.ts'
import type { CaptureLine } from '../src/types.ts'
import { type Found, searchWeb } from './search-service.ts'

/** One credit is a tenth of a cent here, so that a short conversation costs whole credits. */
export const PRICING = { creditsPerDollar: '1000' }

const CHAT_MODEL = 'gpt-4.1-mini'
const SPEECH_MODEL = 'gpt-4o-mini-transcribe'

/** Keeps the answers short, and so what is reserved for them small. */
const LONGEST_ANSWER_TOKENS = 400

export interface AgentOptions {
  credits: CreditLedger
  apiKey: string
  /** Undefined: OpenAI's own. */
  baseURL: string | undefined
  searchUrl: string
  /** Told of each step as it is taken. */
  onStep: (step: string, detail?: string) => void
  /** Given the answer piece by piece, as it streams in. */
  onAnswer: (piece: string) => void
}

/**
 * An ordinary agent on the official SDK. All that it knows of credits is `metered()` around its client and
 * `credits.meter()` around its search.
 */
export async function answerVoiceMessage(options: AgentOptions, recording: URL): Promise<void> {
  const { credits, onStep, onAnswer } = options
  const client = new OpenAI({
    apiKey: options.apiKey,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
  })
  const openai = metered(client, { credits, ...PRICING })

  const question = await transcribe(openai, recording)
  onStep('Heard', question)

  const query = await complete(
    openai,
    'Write one short web search query for the question. Only the query.',
    question,
  )
  onStep('Searches for', query)

  const found = await credits.meter(
    { category: 'WebSearch', model: 'tavily/search', estimate: searchCost(credits, 2).amount },
    () => searchWeb(options.searchUrl, query),
    (result) => ({ ...searchCost(credits, result.usage.credits), providerId: result.request_id }),
  )
  onStep('Found', found.results.map((result) => result.title).join('; '))

  onStep('Answers')
  const answer = await streamAnswer(openai, question, found, onAnswer)

  const summary = await complete(openai, 'Sum up the answer in at most ten words.', answer)
  onStep('Sums up', summary)
}

async function transcribe(openai: OpenAI, recording: URL): Promise<string> {
  const file = await toFile(await readFile(recording), 'voice-message.wav', { type: 'audio/wav' })
  const transcription = await openai.audio.transcriptions.create({ file, model: SPEECH_MODEL })
  return transcription.text
}

async function complete(openai: OpenAI, instructions: string, text: string): Promise<string> {
  const completion = await openai.chat.completions.create({
    model: CHAT_MODEL,
    max_completion_tokens: LONGEST_ANSWER_TOKENS,
    messages: [
      { role: 'developer', content: instructions },
      { role: 'user', content: text },
    ],
  })
  return completion.choices[0]?.message.content?.trim() ?? ''
}

async function streamAnswer(
  openai: OpenAI,
  question: string,
  found: Found,
  onAnswer: (piece: string) => void,
): Promise<string> {
  const sources = found.results.map(({ title, url, content }) => `${title} (${url}): ${content}`).join('\n')
  const stream = await openai.chat.completions.create({
    model: CHAT_MODEL,
    max_completion_tokens: LONGEST_ANSWER_TOKENS,
    stream: true,
    messages: [
      { role: 'developer', content: `Answer in three sentences from these sources:\n${sources}` },
      { role: 'user', content: question },
    ],
  })
  let answer = ''
  for await (const chunk of stream) {
    const piece = chunk.choices[0]?.delta.content ?? ''
    answer += piece
    onAnswer(piece)
  }
  return answer
}

/** What searches cost that the provider counted as so many of its own credits, as a line of the receipt. */
function searchCost({ prices }: CreditLedger, providerCredits: number): CaptureLine {
  const rates = prices.card.find('tavily', 'search', prices.now())
  if (rates === undefined) throw new Error('The rate card has no price for a search.')
  const pricing = prices.pricingOf(currentContext()?.account, PRICING)
  return costOf({ credits: BigInt(providerCredits) }, rates, pricing)
}
