import { type Fake, sendJson, startFake } from './serve.ts'

/** Serves Serper's API on the loopback: a page of more than ten results is two credits. */
export const startSerperFake = (): Promise<Fake> =>
  startFake((app) => {
    app.post('/search', async (c) => {
      const asked = await c.req.json<{ q: string; num?: number }>()
      const searchParameters = { q: asked.q, type: 'search', engine: 'google' }
      const organic = [{ title: 'News', link: 'https://postgresql.org', position: 1 }]
      const credits = (asked.num ?? 10) > 10 ? 2 : 1
      return sendJson(c, { searchParameters, organic, ...(c.get('fault') !== 'no_usage' && { credits }) })
    })
  })
