import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readBalanceReport } from '../../bot/balance-report.ts'
import { displayAmount, TestClock } from '../../src/index.ts'
import { commandForm, postSigned, typeCommand } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { lockLedger } from './support/lock.ts'
import { shown } from './support/shown.ts'

describe('/credits', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
    const { ledger } = bot
    await ledger.grant('slack:T01', { type: 'free', amount: '12.5', expiresIn: '30d' })
    await ledger.grant('slack:T01', { type: 'paid', amount: '1250' })
    await ledger.charge('slack:T01', { amount: '2.75', category: 'WebSearch' })
    await ledger.authorize('slack:T01', { amount: '4', category: 'LLM' })
  })
  afterAll(() => bot.close())

  it.each([[''], ['balance'], ['  BALANCE  ']])('answers %j with what the ledger says', async (text) => {
    const balance = await bot.ledger.balance('slack:T01')
    expect(balance).toMatchObject({ available: 1_255_750_000n, held: 4_000_000n, settled: 1_259_750_000n })
    const message = await typeCommand(bot.server.url, text)
    const [header, numbers, footer] = message.blocks
    expect(header).toMatchObject({ type: 'header', text: { text: '1,255.75 credits available' } })
    expect(numbers).toMatchObject({
      fields: [
        { text: `*Available*\n${displayAmount(balance.available)}` },
        { text: `*Held*\n${displayAmount(balance.held)} (1 open hold)` },
        { text: `*Settled*\n${displayAmount(balance.settled)}` },
        {
          text: `*Of which*\n\`Free\` ${displayAmount(balance.free)}   \`Paid\` ${displayAmount(balance.paid)}`,
        },
      ],
    })
    const seconds = Math.floor((balance.nextExpiry?.at.getTime() ?? 0) / 1000)
    const lines = JSON.stringify(footer)
    expect(lines).toContain(`Next to expire: 9.75 credits on <!date^${seconds}^`)
    expect(lines).toContain('Account `slack:T01`')
    expect(message.text).toContain('1,255.75 credits available: 1,259.75 settled, 4 held (1 open hold).')
  })

  it('is as late as the last capture, never later', async () => {
    for (let charged = 1; charged <= 5; charged++) {
      await bot.ledger.grant('slack:T07', { type: 'paid', amount: '10' })
      await bot.ledger.charge('slack:T07', { amount: '3', category: 'LLM' })
      const { available } = await bot.ledger.balance('slack:T07')
      const message = await typeCommand(bot.server.url, 'balance', { team_id: 'T07' })
      expect(message.text).toContain(`${displayAmount(available)} credits available`)
    }
  })

  it('shows each workspace its own account', async () => {
    const message = await typeCommand(bot.server.url, '', { team_id: 'T02' })
    expect(message.text).toContain('0 credits available')
    expect(JSON.stringify(message.blocks)).toContain('slack:T02')
  })

  it('says what there is, and what was probably meant', async () => {
    const typo = await typeCommand(bot.server.url, 'blance')
    expect(typo.text).toContain('`/credits blance` is not known. Did you mean `/credits balance`?')
    const unknown = await typeCommand(bot.server.url, '<!channel>`rm`')
    expect(unknown.text).toContain('`/credits &lt;!channel&gt;ˋrmˋ` is not known.')
    expect(unknown.text).not.toContain('Did you mean')
    for (const message of [typo, unknown, await typeCommand(bot.server.url, 'help')]) {
      expect(message.text).toContain('• `/credits balance`: what is available, held and settled')
    }
    const longest = await typeCommand(bot.server.url, 'x'.repeat(4000))
    expect(longest.text.length).toBeLessThan(1_000)
  })

  it('does not pretend to know what follows', async () => {
    const message = await typeCommand(bot.server.url, 'balance of globex')
    expect(message.text).toBe(
      '`/credits balance` takes nothing after it; it answers for the account of who asks.',
    )
  })

  it('acknowledges in time where the ledger is slow, and answers when it has the numbers', async () => {
    const lock = await lockLedger(bot.database.url)
    const startedAt = performance.now()
    const acknowledged = typeSlowly(bot, 'T01')
    await lock.waitUntilWaitedFor()
    expect(await acknowledged).toBe('')
    expect(performance.now() - startedAt).toBeLessThan(2500)
    await lock.release()
    expect((await bot.slack.nextResponse()).text).toContain('1,255.75 credits available')
  })

  it('tells the person when the ledger fails, at once or late, with a reference that the log has', async () => {
    const lock = await lockLedger(bot.database.url)
    const acknowledged = typeSlowly(bot, 'T01')
    await lock.waitUntilWaitedFor()
    expect(await acknowledged).toBe('')
    await lock.cancelWaiting()
    const late = await bot.slack.nextResponse()
    await lock.release()
    expect(late.text).toMatch(/^Something went wrong \(ref [0-9a-f]{8}\)$/)
    expect(referenceOf(bot, 'A slow /credits failed')).toBe(late.text.slice(-9, -1))

    await bot.ledger.close()
    const message = await typeCommand(bot.server.url, 'balance')
    expect(message.text).toMatch(/^Something went wrong \(ref [0-9a-f]{8}\)$/)
    await vi.waitFor(() => {
      expect(referenceOf(bot, 'A Slack listener failed')).toBe(message.text.slice(-9, -1))
    })
  })
})

describe('/credits, of an account with a past', () => {
  const clock = new TestClock('2026-04-20T09:00:00Z')
  let bot: Bot
  beforeAll(async () => {
    const settings = { admins: [], addCreditUrl: 'https://acme.example/credit' }
    bot = await startBot({ ledger: { clock }, slack: { settings } })
    await bot.ledger.grant('slack:T01', { type: 'free', amount: '120', expiresAt: '2026-05-03T17:00:00Z' })
    clock.set('2026-05-04T09:00:00Z')
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '77' })
    clock.set('2026-05-05T09:00:00Z')
    await bot.ledger.charge('slack:T01', { amount: '7', category: 'LLM' })
    clock.set('2026-05-08T09:00:00Z')
  })
  afterAll(() => bot.close())

  it('says how long it lasts at the present rate, what expired, and where to add credit', async () => {
    const { forecast, expiries } = await readBalanceReport(bot.ledger, 'slack:T01')
    expect(expiries).toMatchObject([{ type: 'free', amount: 120_000_000n }])
    expect(forecast.perDay).toBeGreaterThan(0n)
    const answer = await bot.slack.person('U0ADA').command('/credits')
    expect(shown(answer)).toContain('120 Free credits expired on 3 May 2026.')
    expect(shown(answer)).toContain(`(${displayAmount(forecast.perDay)} credits a day), until `)
    expect(shown(answer)).toContain('[ Add credit ] (https://acme.example/credit)')
    clock.set('2026-05-18T09:00:00Z')
    expect(shown(await bot.slack.person('U0ADA').command('/credits'))).not.toContain('expired')
  })
})

/** Types the command and gives back the acknowledgement, whose words may come later. */
async function typeSlowly(bot: Bot, team: string): Promise<string> {
  const form = commandForm('balance', { team_id: team, response_url: bot.slack.responseUrl })
  const response = await postSigned(bot.server.url, form)
  expect(response.status).toBe(200)
  return response.text()
}

const referenceOf = (bot: Bot, message: string): string =>
  String(bot.logged(message).at(-1)?.['requestId']).slice(0, 8)
