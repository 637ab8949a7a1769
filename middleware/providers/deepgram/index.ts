import type { Provider, Route } from '../../provider.ts'
import { planListen } from './listen.ts'

const ROUTES = new Map<string, Route>([['/listen', { name: 'transcription', plan: planListen }]])

const FREE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Managing projects, and making a key for a browser, cost nothing, whatever the method. */
const FREE_PATHS = /^\/(projects(\/|$)|auth\/grant$)/

/** Deepgram's REST API. What goes over a web socket is not seen here. */
export const deepgram: Provider = {
  id: 'deepgram',
  hosts: /(^|\.)deepgram\.com$/,
  classify(method, path) {
    if (FREE_METHODS.has(method) || FREE_PATHS.test(path)) return 'free'
    return (method === 'POST' ? ROUTES.get(path) : undefined) ?? 'unmetered'
  },
  streamsUsageOnRequest: () => false,
}
