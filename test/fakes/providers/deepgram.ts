import { type Fake, sendJson, startFake } from './serve.ts'

/** How long all audio is that it is sent, in seconds. */
export const DEEPGRAM_SECONDS = 25.933313

/** Serves Deepgram's REST API on the loopback, for the option `baseUrl`. */
export const startDeepgramFake = (): Promise<Fake> =>
  startFake((app) => {
    app.post('/v1/listen', (c) => {
      if (c.req.query('callback') !== undefined) return sendJson(c, { request_id: 'deepgram-2' })
      const channels = c.req.query('multichannel') === 'true' ? 2 : 1
      const model = c.req.query('model') ?? 'base'
      const arch = model === 'nova' ? 'nova-2' : (/^nova-\d/.exec(model)?.[0] ?? model)
      return sendJson(c, {
        metadata: {
          request_id: 'deepgram-1',
          sha256: 'any',
          created: '2026-11-22T12:00:00Z',
          ...(c.get('fault') !== 'no_usage' && { duration: DEEPGRAM_SECONDS }),
          channels,
          models: ['m1'],
          model_info: { m1: { name: `general-${arch}`, version: '1', arch } },
        },
        results: {
          channels: Array.from({ length: channels }, () => ({
            alternatives: [{ transcript: 'PostgreSQL 18' }],
          })),
        },
      })
    })
    app.get('/v1/projects', (c) => sendJson(c, { projects: [] }))
    app.post('/v1/auth/grant', (c) => sendJson(c, { access_token: 'any', expires_in: 30 }))
  })
