import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUND_CHARGE_ACTION } from '../../bot/views/actions.ts'
import type { Charge } from '../../src/types.ts'
import type { Person } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { shown } from './support/shown.ts'

describe('/credits explain', () => {
  let bot: Bot
  let ada: Person
  let charge: Charge
  beforeAll(async () => {
    bot = await startBot()
    ada = bot.slack.person('U0ADA')
    await bot.ledger.grant('slack:T01', { type: 'free', amount: '1', expiresIn: '30d' })
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '10' })
    charge = await bot.ledger.charge('slack:T01', {
      amount: '1.25',
      category: 'LLM',
      model: 'gpt-5-mini',
      user: 'U0ADA',
      agent: 'support',
      units: { input_tokens: '1250000' },
      prices: { input_tokens: '0.000001' },
      exactCost: '1.25',
    })
  })
  afterAll(() => bot.close())

  it('shows the receipt, with what came back since', async () => {
    const before = await ada.command(`/credits explain ${charge.id}`)
    const [free, paid] = charge.draws
    expect(shown(before)).toContain(
      `• 1 credit from  Free  batch  ${free?.batchId ?? ''}\n• 0.25 credits from  Paid  batch  ${paid?.batchId ?? ''}`,
    )
    expect(shown(before)).toContain('• input tokens: 1,250,000 × 0.000001 = 1.25')
    expect(JSON.stringify(before.blocks)).toContain('<@U0ADA>')

    await bot.ledger.refund('slack:T01', charge.id, { amount: '0.5', reason: 'Half an answer' })
    const after = await ada.command(`/credits explain ${charge.id.toUpperCase()}`)
    expect(shown(after)).toMatch(/What came back\n• 0.25 credits to batch .*: Half an answer\n• 0.25 credits/)
    expect(shown(after)).toContain('Net 0.75 credits')
  })

  it('offers admins to refund, and nobody else', async () => {
    const boss = bot.slack.person('U0BOSS', { admin: true })
    expect(JSON.stringify(await boss.command(`/credits explain ${charge.id}`))).toContain(
      REFUND_CHARGE_ACTION,
    )
    expect(JSON.stringify(await ada.command(`/credits explain ${charge.id}`))).not.toContain(
      REFUND_CHARGE_ACTION,
    )
  })

  it("refuses another account's charge as it does one that there is not, and logs it", async () => {
    const mallory = bot.slack.person('U0MAL', { team: 'T09' })
    const { text } = await mallory.command(`/credits explain ${charge.id}`)
    expect(text).toBe(`:warning: slack:T09 has no charge ${charge.id}.`)
    expect(bot.logged('Refused a charge that is not of this account')).toMatchObject([
      { userId: 'U0MAL', teamId: 'T09', account: 'slack:T09', charge: charge.id },
    ])
  })

  it('says what to give it', async () => {
    for (const words of ['', ' a b']) {
      expect((await ada.command(`/credits explain${words}`)).text).toContain('Paste the whole id of a charge')
    }
    const wrong = await ada.command('/credits explain <@U0BOB>')
    expect(wrong.text).toBe(':warning: Invalid charge id: give the id that the ledger answered with, a UUID.')
  })
})
