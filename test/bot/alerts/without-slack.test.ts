import { expect, it, vi } from 'vitest'
import { Hono } from 'hono'
import { serveOnLoopback } from '../../../demo/loopback.ts'
import { startBot } from '../support/bot.ts'

it('posts alerts by webhook from a server that has no Slack', async () => {
  const received: unknown[] = []
  const app = new Hono()
  app.post('/', async (c) => {
    received.push(await c.req.json())
    return c.body(null, 204)
  })
  const receiver = await serveOnLoopback(app)
  const alertWebhook = { url: receiver.url, secret: 'a secret of thirty-two characters' }
  const bot = await startBot({ withSlack: false, server: { alertWebhook } })
  try {
    await bot.ledger.grant('acme', { type: 'free', amount: '100' })
    await bot.ledger.charge('acme', { amount: '99', category: 'LLM' })
    await vi.waitUntil(() => received.length > 0, { timeout: 10_000, interval: 20 })

    expect(received).toMatchObject([{ account: 'acme', kind: 'low_balance', level: 2, version: 1 }])
    expect((await bot.readyz()).report).toMatchObject({
      jobs: { status: 'ready' },
      slack: { status: 'not_configured' },
    })
  } finally {
    await bot.close()
    await receiver.close()
  }
})
