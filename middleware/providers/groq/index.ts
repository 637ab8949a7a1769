import { fraction } from '../../../src/rates/fraction.ts'
import { type JsonObject, objectAt, objectsAt } from '../../json.ts'
import type { PlanTerms, Provider, Route } from '../../provider.ts'
import { type ChatDialect, planChat } from '../openai/chat.ts'
import { classify as classifyOpenAi } from '../openai/routes.ts'
import { planSpeech, type SpeechDialect } from '../openai/transcriptions.ts'

const CHAT: ChatDialect = {
  /** A stream states it in its last chunk, unasked, in a member of Groq's own. */
  usageIn: (answer) => answer['usage'] ?? objectAt(answer, 'x_groq')['usage'],
  /** Flex costs what on-demand does: https://console.groq.com/docs/flex-processing (2026-11-22). */
  tiers: [undefined, null, 'auto', 'on_demand', 'flex'],
  check: checkTools,
}

const SPEECH: SpeechDialect = {
  /** Only the verbose answer states how long the audio is. */
  silentFormats: [undefined, 'json', 'text'],
  /** What is shorter is billed as 10 seconds: https://console.groq.com/docs/speech-to-text */
  leastSeconds: fraction(10n),
  urlField: 'url',
}

const ROUTES = new Map<string, Route>([
  [
    '/chat/completions',
    { name: 'chat completion', plan: (request, terms) => planChat(request, terms, CHAT) },
  ],
  [
    '/audio/transcriptions',
    { name: 'transcription', plan: (request, terms) => planSpeech(request, terms, SPEECH) },
  ],
  [
    '/audio/translations',
    { name: 'translation', plan: (request, terms) => planSpeech(request, terms, SPEECH) },
  ],
])

/** Where the API begins below the address that groq-sdk is given. */
const PREFIX = /^\/openai\/v1(?=\/)/

/** Groq's API: OpenAI's at another address, with differences. */
export const groq: Provider = {
  id: 'groq',
  hosts: /(^|\.)groq\.com$/,
  classify(method, path) {
    const route = path.replace(PREFIX, '')
    return (method === 'POST' ? ROUTES.get(route) : undefined) ?? classifyOpenAi(method, route)
  },
  streamsUsageOnRequest: () => false,
}

/** Groq runs tools of its own (searches, a browser, code) that are sold beside the tokens. */
function checkTools(body: JsonObject, terms: PlanTerms): void {
  for (const { type } of objectsAt(body, 'tools')) {
    if (type !== 'function') terms.unpriced(`Groq's own tool ${JSON.stringify(type)}`)
  }
}
