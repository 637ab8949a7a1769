import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bot, startBot, TRANSPORTS } from '../support/bot.ts'
import { lockLedger } from '../support/lock.ts'

describe.each(TRANSPORTS)('commands over %s', (transport) => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ transport })
    await bot.ledger.grant('slack:T01', { type: 'free', amount: '12.5', expiresIn: '30d' })
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '1250' })
  })
  afterAll(() => bot.close())

  it('are answered to who typed them, and nobody else', async () => {
    const ada = bot.slack.person('U1')
    const answer = await ada.command('/credits')
    expect(answer.text).toContain('1,262.5 credits available')
    expect(answer.ephemeralTo).toBe('U1')
    expect(bot.slack.messages('C1')).toEqual([])
  })

  it.each([
    ['help', '/credits balance'],
    ['batches', 'Active Credits'],
    ['usage 7d', 'credits used'],
    ['explain 0199aaaa-0000-7000-8000-000000000000', '0199aaaa'],
  ])('are answered in words and blocks that Slack shows: %s', async (typed, words) => {
    const answer = await bot.slack.person('U1').command(`/credits ${typed}`)
    expect(answer.ephemeralTo).toBe('U1')
    expect(answer.blocks).not.toEqual([])
    expect(answer.text).toContain(words)
  })

  it('that were mistyped are one click from what was meant', async () => {
    const ada = bot.slack.person('U1')
    const typo = await ada.command('/credits blance')
    expect(typo.text).toContain('Did you mean `/credits balance`?')
    const answer = await (await ada.click(typo, 'command:balance')).message()
    expect(answer.text).toContain('1,262.5 credits available')
    expect(answer.ephemeralTo).toBe('U1')
  })

  it('that nothing answers say so at once', async () => {
    const typed = await bot.slack.person('U1').type('/invoices')
    expect((await typed.message()).text).toBe('`/invoices` is not answered here. Try `/credits`.')
    expect(typed.acknowledgement.tookMs).toBeLessThan(2000)
  })

  it('are acknowledged in time where the ledger is slow, and answered when it has the numbers', async () => {
    const lock = await lockLedger(bot.database.url)
    const typed = await bot.slack.person('U1').type('/credits')
    expect(typed.acknowledgement).toMatchObject({ status: 200, body: undefined })
    expect(typed.acknowledgement.tookMs).toBeLessThan(2500)
    expect(typed.messages()).toEqual([])
    await lock.release()
    expect((await typed.message()).text).toContain('1,262.5 credits available')
  })

  it('that come twice are answered twice, and change nothing', async () => {
    const typed = await bot.slack.person('U1').type('/credits')
    const again = await typed.again()
    expect((await again.message()).text).toBe((await typed.message()).text)
  })

  it('that fail tell the person, with a reference that the log has', async () => {
    await bot.ledger.close()
    const answer = await bot.slack.person('U1').command('/credits')
    expect(answer.text).toMatch(/^Something went wrong \(ref [0-9a-f]{8}\)$/)
    await expect
      .poll(() => bot.logged('A Slack listener failed').map((line) => String(line['requestId']).slice(0, 8)))
      .toEqual([answer.text.slice(-9, -1)])
  })
})
