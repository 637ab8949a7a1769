import { type Fake, type FakeContext, sendJson, startFake } from './serve.ts'

export interface TavilyFake extends Fake {
  /** What every answer states from now on; undefined for what is documented. */
  state(credits: number | undefined): void
  /** Ends the researches that are running. */
  finishResearch(status: 'completed' | 'failed'): void
}

interface Asked {
  readonly query?: string
  readonly urls?: readonly string[]
  readonly search_depth?: string
  readonly auto_parameters?: boolean
  readonly include_usage?: boolean
}

/** Serves Tavily's API on the loopback, for `apiBaseURL`. */
export async function startTavilyFake(): Promise<TavilyFake> {
  let credits: number | undefined
  let research = 'pending'
  const fake = await startFake((app) => {
    const usage = (c: FakeContext, asked: Asked, documented: number) =>
      asked.include_usage === true && c.get('fault') !== 'no_usage'
        ? { usage: { credits: credits ?? documented } }
        : {}
    app.post('/search', async (c) => {
      const asked = await c.req.json<Asked>()
      return sendJson(c, {
        query: asked.query,
        answer: 'It has asynchronous I/O.',
        images: [],
        results: [
          { url: 'https://postgresql.org', title: 'News', content: 'PostgreSQL 18', score: 0.9, id: 'r1' },
        ],
        response_time: 0.5,
        request_id: 'tavily-1',
        ...usage(c, asked, asked.search_depth === 'advanced' || asked.auto_parameters === true ? 2 : 1),
      })
    })
    app.post('/extract', async (c) => {
      const asked = await c.req.json<Asked>()
      const results = asked.urls?.map((url) => ({ url, title: null, raw_content: 'text', images: [] })) ?? []
      return sendJson(c, {
        results,
        failed_results: [],
        response_time: 0.5,
        request_id: 'tavily-2',
        ...usage(c, asked, Math.ceil(results.length / 5)),
      })
    })
    for (const path of ['/crawl', '/map']) {
      app.post(path, async (c) =>
        sendJson(c, {
          base_url: 'https://postgresql.org',
          results: path === '/map' ? ['https://postgresql.org/about'] : [],
          response_time: 0.5,
          request_id: 'tavily-3',
          ...usage(c, await c.req.json<Asked>(), path === '/map' ? 1 : 3),
        }),
      )
    }
    app.post('/research', async (c) => {
      research = 'pending'
      const { input, model } = await c.req.json<{ input: string; model?: string }>()
      return sendJson(c, {
        request_id: 'tavily-research-1',
        created_at: '2026-11-22T12:00:00Z',
        status: 'pending',
        input,
        model: model ?? 'auto',
        response_time: 0.1,
      })
    })
    app.get('/research/:id', (c) =>
      sendJson(c, {
        request_id: c.req.param('id'),
        status: research,
        response_time: 20,
        ...(research === 'completed' && { content: 'A report.', sources: [] }),
        ...(research === 'completed' &&
          c.req.query('include_usage') === 'true' && { usage: { credits: 37 } }),
      }),
    )
    app.post('/feedback', (c) => sendJson(c, { success: true, feedback_id: 'f1', response_time: 0.1 }))
  })
  return {
    ...fake,
    state: (next) => void (credits = next),
    finishResearch: (status) => void (research = status),
  }
}
