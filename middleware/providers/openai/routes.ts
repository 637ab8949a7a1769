import type { ReadingRoute, Route } from '../../provider.ts'
import { responseReading } from './background.ts'
import { planChat } from './chat.ts'
import { planCompletion } from './completions.ts'
import { planEmbeddings } from './embeddings.ts'
import { planResponse } from './responses.ts'
import { planTranscription, planTranslation } from './transcriptions.ts'

const ROUTES = new Map<string, Route>([
  ['/chat/completions', { name: 'chat completion', plan: planChat }],
  ['/completions', { name: 'completion', plan: planCompletion }],
  ['/embeddings', { name: 'embeddings', plan: planEmbeddings }],
  ['/responses', { name: 'response', plan: planResponse }],
  ['/audio/transcriptions', { name: 'transcription', plan: planTranscription }],
  ['/audio/translations', { name: 'translation', plan: planTranslation }],
])

const ONE_RESPONSE = /^\/responses\/[^/]+$/
const CANCEL_RESPONSE = /^\/responses\/[^/]+\/cancel$/

/** What OpenAI does not charge for although it is posted: notes, uploads, counting, moderation. */
const FREE_POSTS = [
  /^\/moderations$/,
  /^\/files$/,
  /^\/uploads(\/[^/]+(\/(parts|complete|cancel))?)?$/,
  /^\/conversations(\/[^/]+(\/items)?)?$/,
  /^\/responses\/input_tokens$/,
  CANCEL_RESPONSE,
  /^\/chat\/completions\/[^/]+$/,
]

/** OpenAI charges for nothing that is read or deleted. */
const FREE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

export function classify(method: string, path: string): Route | 'free' | 'unmetered' {
  if (FREE_METHODS.has(method)) return 'free'
  if (method !== 'POST') return 'unmetered'
  return ROUTES.get(path) ?? (FREE_POSTS.some((free) => free.test(path)) ? 'free' : 'unmetered')
}

/** What a background response used shows on reading it. */
export function reading(method: string, path: string): ReadingRoute | undefined {
  if (method === 'GET' && ONE_RESPONSE.test(path)) return responseReading
  return method === 'POST' && CANCEL_RESPONSE.test(path) ? responseReading : undefined
}
