import type { Route } from '../../provider.ts'
import { planMessage } from './messages.ts'

const MESSAGES: Route = { name: 'message', plan: planMessage }

/** What Anthropic does not charge for although it is posted: counting, uploads, giving up a batch, administration. */
const FREE_POSTS = [
  /^\/messages\/count_tokens$/,
  /^\/messages\/batches\/[^/]+\/cancel$/,
  /^\/files$/,
  /^\/skills(\/[^/]+\/versions)?$/,
  /^\/organizations\/.+$/,
]

/**
 * Anthropic charges for nothing that is read or deleted. The results of a batch tell what it cost, but were paid
 * for when it was created: that is refused here.
 */
const FREE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

/** The SDK's base is the host, others' is `/v1` below it. */
const VERSION = /^\/v1(?=\/)/

export function classify(method: string, path: string): Route | 'free' | 'unmetered' {
  if (FREE_METHODS.has(method)) return 'free'
  if (method !== 'POST') return 'unmetered'
  const route = path.replace(VERSION, '')
  if (route === '/messages') return MESSAGES
  return FREE_POSTS.some((free) => free.test(route)) ? 'free' : 'unmetered'
}
