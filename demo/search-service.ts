import { Hono } from 'hono'
import { z } from 'zod'
import { type LoopbackServer, serveOnLoopback } from './loopback.ts'

const foundShape = z.object({
  request_id: z.string(),
  results: z.array(z.object({ title: z.string(), url: z.string(), content: z.string() })),
  usage: z.object({ credits: z.number().int().positive() }),
})

/** What a search answers, in the shape of Tavily's: with the price of the search in the provider's own credits. */
export type Found = z.infer<typeof foundShape>

const RESULTS: Found['results'] = [
  {
    title: 'PostgreSQL 18 released',
    url: 'https://www.postgresql.org/about/news/postgresql-18-released-3142/',
    content:
      'Asynchronous I/O makes scans and vacuum up to 3 times faster; skip scan uses multicolumn indexes in more ' +
      'queries; uuidv7() makes time-ordered ids; virtual generated columns; OAuth authentication.',
  },
  {
    title: 'PostgreSQL 18 release notes',
    url: 'https://www.postgresql.org/docs/18/release-18.html',
    content:
      'pg_upgrade keeps optimizer statistics, so queries are fast right after an upgrade. Data checksums are on by ' +
      'default in new clusters; pg_upgrade needs both clusters to agree on them.',
  },
]

/** A search engine on the loopback: finds the same two pages, whatever one looks for. */
export function startSearchService(): Promise<LoopbackServer> {
  const app = new Hono().post('/search', (c) =>
    c.json({ request_id: crypto.randomUUID(), results: RESULTS, usage: { credits: 1 } } satisfies Found),
  )
  return serveOnLoopback(app)
}

/** Searches the web: the function that the agent has metered. */
export async function searchWeb(serviceUrl: string, query: string): Promise<Found> {
  const response = await fetch(`${serviceUrl}/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, include_usage: true }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`The search failed: ${response.status} ${await response.text()}`)
  return foundShape.parse(await response.json())
}
