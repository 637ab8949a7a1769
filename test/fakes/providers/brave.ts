import { type Fake, sendJson, startFake } from './serve.ts'

/** Serves the Brave Search API on the loopback, below `/res/v1`. */
export const startBraveFake = (): Promise<Fake> =>
  startFake((app) => {
    app.get('/res/v1/web/search', (c) =>
      sendJson(c, {
        type: 'search',
        query: { original: c.req.query('q') },
        web: { type: 'search', results: [{ title: 'News', url: 'https://postgresql.org' }] },
        ...(c.req.query('summary') !== undefined && { summarizer: { type: 'summarizer', key: 'summary-1' } }),
      }),
    )
    for (const kind of ['images', 'news']) {
      app.get(`/res/v1/${kind}/search`, (c) => sendJson(c, { type: kind, results: [] }))
    }
    for (const kind of ['pois', 'descriptions']) {
      app.get(`/res/v1/local/${kind}`, (c) => sendJson(c, { type: `local_${kind}`, results: [] }))
    }
    app.get('/res/v1/summarizer/search', (c) =>
      sendJson(c, {
        type: 'summarizer',
        status: 'complete',
        summary: [{ type: 'token', data: 'It is fast.' }],
      }),
    )
  })
