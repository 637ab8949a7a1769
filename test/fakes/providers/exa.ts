import { type Fake, sendEvents, sendJson, startFake } from './serve.ts'

export interface ExaFake extends Fake {
  /** Ends the research and the agent runs that are running. */
  finish(status: 'completed' | 'failed'): void
}

const RESULT = {
  id: 'https://postgresql.org',
  url: 'https://postgresql.org',
  title: 'News',
  text: 'PostgreSQL 18',
}

/** What it says that its answers cost. */
export const EXA_DOLLARS = { search: 0.007, contents: 0.002, answer: 0.005, research: 0.12345, run: 0.1 }

/** Serves Exa's API on the loopback, for the second argument of `new Exa()`. */
export async function startExaFake(): Promise<ExaFake> {
  let status = 'running'
  const fake = await startFake((app) => {
    const found = { results: [RESULT], requestId: 'exa-1', costDollars: { total: EXA_DOLLARS.search } }
    for (const path of ['/search', '/findSimilar']) {
      app.post(path, async (c) =>
        (await c.req.json<{ stream?: boolean }>()).stream === true
          ? sendEvents(c, [...words(), { costDollars: { total: EXA_DOLLARS.search } }])
          : sendJson(c, c.get('fault') === 'no_usage' ? { results: [RESULT] } : found),
      )
    }
    app.post('/contents', (c) => sendJson(c, { ...found, costDollars: { total: EXA_DOLLARS.contents } }))
    app.post('/answer', async (c) => {
      const { stream } = await c.req.json<{ stream?: boolean }>()
      const stated = c.get('fault') !== 'no_usage' && { costDollars: { total: EXA_DOLLARS.answer } }
      if (stream !== true)
        return sendJson(c, { answer: 'It is fast.', citations: [], requestId: 'exa-2', ...stated })
      return sendEvents(c, [...words(), ...(stated ? [stated] : [])])
    })
    app.post('/research/v1', async (c) => {
      status = 'running'
      const { instructions, model } = await c.req.json<{ instructions: string; model: string }>()
      return c.json({ researchId: 'research-1', status, instructions, model, createdAt: 1 })
    })
    app.get('/research/v1/:id', (c) =>
      c.json({
        researchId: c.req.param('id'),
        status,
        createdAt: 1,
        ...(status === 'completed' && {
          output: { content: 'A report.' },
          costDollars: { total: EXA_DOLLARS.research, numSearches: 4, numPages: 10, reasoningTokens: 9000 },
        }),
      }),
    )
    app.post('/agent/runs', (c) => {
      status = 'running'
      if (c.req.header('accept') !== 'text/event-stream')
        return c.json({ id: 'run-1', object: 'agent_run', status })
      const run = { id: 'run-2', status: 'completed', costDollars: { total: EXA_DOLLARS.run } }
      const events = [`event: agent_run.created\ndata: {"id":"run-2","status":"running"}\n\n`]
      events.push(`event: agent_run.completed\ndata: ${JSON.stringify(run)}\n\n`)
      return new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } })
    })
    app.get('/agent/runs/:id', (c) =>
      c.json({ id: c.req.param('id'), status, costDollars: { total: EXA_DOLLARS.run } }),
    )
    app.post('/websets/v0/websets', (c) => c.json({ id: 'webset-1', object: 'webset' }))
    app.get('/websets/v0/websets/:id', (c) => c.json({ id: c.req.param('id'), object: 'webset' }))
  })
  return { ...fake, finish: (next) => void (status = next) }
}

const words = () => ['Postgre', 'SQL 18'].map((content) => ({ choices: [{ index: 0, delta: { content } }] }))
