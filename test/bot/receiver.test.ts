import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signBody } from '../../bot/index.ts'
import { checkMessage, commandForm, postSigned } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'

describe('what Slack posts', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
  })
  afterAll(() => bot.close())

  it.each([
    ['a signature of another secret', { headers: { 'x-slack-signature': `v0=${'0'.repeat(64)}` } }],
    ['a malformed signature', { headers: { 'x-slack-signature': 'v1=abc' } }],
    ['no signature', { headers: { 'x-slack-signature': undefined } }],
    ['no timestamp', { headers: { 'x-slack-request-timestamp': undefined } }],
    ['a malformed timestamp', { headers: { 'x-slack-request-timestamp': 'now' } }],
    ['a timestamp more than 5 minutes old', { clockSkewSeconds: -302 }],
    ['a timestamp more than 5 minutes in the future', { clockSkewSeconds: 302 }],
  ])('is refused with %s', async (_, options) => {
    const refusalsBefore = bot.logged('Refused a request that Slack did not sign').length
    const response = await postSigned(bot.server.url, commandForm('balance'), options)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'invalid_signature' })
    expect(bot.logged('Refused a request that Slack did not sign')).toHaveLength(refusalsBefore + 1)
  })

  it('is refused when the body was changed', async () => {
    const signed = commandForm('balance')
    const response = await postSigned(bot.server.url, signed)
    expect(response.status).toBe(200)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const tampered = await fetch(`${bot.server.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signBody(signed, timestamp, 'another secret'),
      },
      body: signed.replace('T01', 'T02'),
    })
    expect(tampered.status).toBe(401)
  })

  it.each([[-290], [290]])('is taken with a clock that is %i s off', async (clockSkewSeconds) => {
    const response = await postSigned(bot.server.url, commandForm('balance'), { clockSkewSeconds })
    expect(response.status).toBe(200)
  })

  it('is taken with a charset in the content type', async () => {
    const contentType = 'application/x-www-form-urlencoded; charset=utf-8'
    const response = await postSigned(bot.server.url, commandForm('balance'), { contentType })
    expect(checkMessage(await response.json()).text).toContain('credits available')
  })

  it('answers the certificate check without a signature, and does nothing that is smuggled in with it', async () => {
    const body = commandForm('balance', { ssl_check: '1' })
    const headers = { 'x-slack-signature': undefined, 'x-slack-request-timestamp': undefined }
    const response = await postSigned(bot.server.url, body, { headers })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('answers the verification of the URL, where signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1a', token: 'x' })
    const contentType = 'application/json; charset=utf-8'
    const response = await postSigned(bot.server.url, body, { contentType })
    expect(await response.json()).toEqual({ challenge: '3eZbrw1a' })
    const unsigned = await postSigned(bot.server.url, body, {
      contentType,
      headers: { 'x-slack-signature': 'v0=0' },
    })
    expect(unsigned.status).toBe(401)
  })

  it.each([['{'], ['[1]'], ['null'], ['payload=%7B']])('is refused as malformed: %s', async (body) => {
    const contentType = body.startsWith('payload') ? 'application/x-www-form-urlencoded' : 'application/json'
    expect((await postSigned(bot.server.url, body, { contentType })).status).toBe(400)
  })

  it('is answered at once where nothing acknowledges it', async () => {
    const startedAt = performance.now()
    const event = { type: 'event_callback', team_id: 'T01', event: { type: 'app_home_opened', user: 'U1' } }
    const click = {
      type: 'block_actions',
      team: { id: 'T01' },
      user: { id: 'U1', team_id: 'T01' },
      actions: [{ type: 'button', action_id: 'x' }],
    }
    const json = { contentType: 'application/json' }
    const [taken, unknown, command] = await Promise.all([
      postSigned(bot.server.url, JSON.stringify(event), json),
      postSigned(bot.server.url, new URLSearchParams({ payload: JSON.stringify(click) }).toString()),
      postSigned(bot.server.url, commandForm('', { command: '/invoices' })),
    ])
    // An event is taken, or Slack would deliver it again and again.
    expect(taken.status).toBe(200)
    expect(unknown.status).toBe(404)
    expect(checkMessage(await command.json()).text).toBe('`/invoices` is not answered here. Try `/credits`.')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
