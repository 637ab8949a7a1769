import type { Route } from '../../provider.ts'
import { planChat } from './chat.ts'
import { planResponse } from './responses.ts'
import { planTranscription } from './transcriptions.ts'

const ROUTES = new Map<string, Route>([
  ['/chat/completions', { name: 'chat completion', plan: planChat }],
  ['/responses', { name: 'response', plan: planResponse }],
  ['/audio/transcriptions', { name: 'transcription', plan: planTranscription }],
])

/** What OpenAI does not charge for although it is posted: notes, uploads, counting, moderation. */
const FREE_POSTS = [
  /^\/moderations$/,
  /^\/files$/,
  /^\/uploads(\/[^/]+(\/(parts|complete|cancel))?)?$/,
  /^\/conversations(\/[^/]+(\/items)?)?$/,
  /^\/responses\/input_tokens$/,
  /^\/responses\/[^/]+\/cancel$/,
  /^\/chat\/completions\/[^/]+$/,
]

/** OpenAI charges for nothing that is read or deleted; what a background response used shows on reading it. */
const FREE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

export function classify(method: string, path: string): Route | 'free' | 'unmetered' {
  if (FREE_METHODS.has(method)) return 'free'
  if (method !== 'POST') return 'unmetered'
  return ROUTES.get(path) ?? (FREE_POSTS.some((free) => free.test(path)) ? 'free' : 'unmetered')
}
