import { type Fake, type FakeContext, sendEvents, sendJson, startFake } from './serve.ts'

/** What its chats state. */
export const GROQ_USAGE = { prompt_tokens: 120, completion_tokens: 40, cached_tokens: 20 }
const WORDS = ['Postgre', 'SQL 18', ' is here.']

interface Asked {
  readonly model: string
  readonly stream?: boolean
  readonly service_tier?: string
}

/** Serves Groq's API on the loopback, for groq-sdk's `baseURL`. @param seconds of the audio that it is sent */
export const startGroqFake = (seconds: number): Promise<Fake> =>
  startFake((app) => {
    const { prompt_tokens, completion_tokens, cached_tokens } = GROQ_USAGE
    const usage = {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens },
      total_time: 0.1,
    }
    const answer = async (c: FakeContext) => {
      const { model, stream, service_tier = 'on_demand' } = await c.req.json<Asked>()
      const stated = c.get('fault') !== 'no_usage'
      const of = { id: 'chatcmpl-groq-1', created: 1, model, system_fingerprint: 'fp' }
      if (stream !== true) {
        const message = { role: 'assistant', content: WORDS.join('') }
        return sendJson(c, {
          ...of,
          object: 'chat.completion',
          choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
          ...(stated && { usage }),
          service_tier,
          x_groq: { id: 'req_1' },
        })
      }
      const chunk = (delta: object, rest: object) => ({
        ...of,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
        ...rest,
      })
      return sendEvents(c, [
        chunk({ role: 'assistant', content: '' }, { x_groq: { id: 'req_1' } }),
        ...WORDS.map((content) => chunk({ content }, {})),
        {
          ...chunk({}, { x_groq: { id: 'req_1', ...(stated && { usage }) } }),
          choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
        },
      ])
    }
    app.post('/openai/v1/chat/completions', answer)
    // As the SDKs of others call it, whose addresses have the version in them.
    app.post('/v1/chat/completions', answer)
    for (const task of ['transcriptions', 'translations']) {
      app.post(`/openai/v1/audio/${task}`, async (c) => {
        const form = await c.req.parseBody()
        const text = 'PostgreSQL 18'
        if (form['response_format'] === 'text') return c.text(text)
        const verbose = form['response_format'] === 'verbose_json'
        return sendJson(c, {
          text,
          ...(verbose && { duration: seconds, segments: [] }),
          x_groq: { id: 'req_2' },
        })
      })
    }
    app.get('/openai/v1/models', (c) => sendJson(c, { object: 'list', data: [] }))
  })
