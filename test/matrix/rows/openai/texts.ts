import { startOpenAiStandIn } from '../../../../demo/openai-stand-in.ts'
import { piecesOf } from '../../../../demo/stand-in/script.ts'
import {
  ANSWER,
  COMMON,
  llm,
  type OpenAiRoute,
  type OpenAiRow,
  type OpenAiStreamingRoute,
  tokensOf,
} from './setting.ts'
import { streamRows } from '../stainless/stream-rows.ts'
import { wholeRows } from '../stainless/whole-rows.ts'

const VECTORS = 'text-embedding-3-small'
const INPUTS = ['PostgreSQL 18', 'What is new in it, and should we upgrade?']
const EMBEDDED = { model: VECTORS, input: INPUTS }
/** The SDK asks for base64, so a little more is sent than was written. */
const ESTIMATED_INPUT = tokensOf(JSON.stringify({ ...EMBEDDED, encoding_format: 'base64' }))

const EMBEDDINGS: OpenAiRoute = {
  name: 'embeddings',
  ...COMMON,
  used: [llm(VECTORS, { input_tokens: INPUTS.reduce((sum, input) => sum + tokensOf(input), 0) })],
  cut: [llm(VECTORS, { input_tokens: ESTIMATED_INPUT }, true)],
  unstated: [llm(VECTORS, { input_tokens: ESTIMATED_INPUT }, true)],
  create: (client, options) => client.embeddings.create(EMBEDDED, options),
  post: (client) => client.post('/embeddings', { body: EMBEDDED }),
}

const INSTRUCT = 'gpt-3.5-turbo-instruct'
/** An even number of words: a word, an end and [DONE], and the middle is the same with a usage before that. */
const TEXT = `${ANSWER} Upgrade.`
const WORDS = piecesOf(TEXT)
const PROMPT = { model: INSTRUCT, prompt: 'What is new in PostgreSQL 18?', max_tokens: 200 }
const STREAMED = { ...PROMPT, stream: true } as const
const HALF = Math.floor((WORDS.length + 2) / 2)
const INPUT_OF_STREAM = tokensOf(JSON.stringify(STREAMED))

const COMPLETIONS: OpenAiStreamingRoute = {
  name: 'completions',
  ...COMMON,
  used: [llm(INSTRUCT, { input_tokens: tokensOf(PROMPT.prompt), output_tokens: tokensOf(TEXT) })],
  cut: [llm(INSTRUCT, { input_tokens: tokensOf(JSON.stringify(PROMPT)), output_tokens: [30, 100] }, true)],
  create: (client, options) => client.completions.create(PROMPT, options),
  post: (client) => client.post('/completions', { body: PROMPT }),
  stream: {
    open: (client, options) => client.completions.create(STREAMED, options),
    half: HALF,
    left: [
      llm(
        INSTRUCT,
        { input_tokens: INPUT_OF_STREAM, output_tokens: tokensOf(WORDS.slice(0, HALF).join('')) },
        true,
      ),
    ],
    unopened: [llm(INSTRUCT, { input_tokens: INPUT_OF_STREAM }, true)],
    asksForUsage: true,
  },
}

const completionRows = [...wholeRows(COMPLETIONS), ...streamRows(COMPLETIONS)].map((row): OpenAiRow => ({
  ...row,
  start: () => startOpenAiStandIn({ script: { answer: TEXT } }),
}))

/** Embeddings, and completions as they were before there were chats. */
export const textRows: OpenAiRow[] = [...wholeRows(EMBEDDINGS), ...completionRows]
