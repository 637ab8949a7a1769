import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CreditLedger, openCredits } from '../../src/index.ts'
import { type Bot, startBot } from './support/bot.ts'

const ACCOUNT = 'slack:T01'

let bot: Bot
/** Where agents run: another process has nothing in common with the bot but the database. */
let agents: CreditLedger
beforeAll(async () => {
  bot = await startBot()
  agents = await openCredits({ url: bot.database.url })
  await agents.grant(ACCOUNT, { type: 'paid', amount: '1000' })
})
afterAll(async () => {
  await agents.close()
  await bot.close()
})

/** What `/credits` says is available. */
async function typeCredits(person: string): Promise<number> {
  const { text } = await bot.slack.person(person).command('/credits')
  const [, available] = /([\d,.]+) credits available/.exec(text) ?? []
  if (available === undefined) throw new Error(`No balance in: ${text}`)
  return Number(available.replaceAll(',', ''))
}

it('is never older than the last capture, whoever made it', async () => {
  for (let spent = 1; spent <= 20; spent += 1) {
    const hold = await agents.authorize(ACCOUNT, { amount: '1', category: 'LLM' })
    await agents.capture(ACCOUNT, hold.id, '1')
    expect(await typeCredits('U1')).toBe(1000 - spent)
  }
})

it('is that of one moment while calls go on, and the last one in the end, for 50 people at once', async () => {
  const people = Array.from({ length: 50 }, (_, index) => `U2${index}`)
  let captured = 20
  const calls = async () => {
    for (let call = 0; call < 40; call += 1) {
      const hold = await agents.authorize(ACCOUNT, { amount: '1', category: 'LLM' })
      await agents.capture(ACCOUNT, hold.id, '1')
      captured += 1
    }
  }
  const ask = async (person: string) => {
    const before = captured
    const seen = await typeCredits(person)
    return { seen, atMost: 1000 - before }
  }
  const [, ...answers] = await Promise.all([calls(), ...people.map(ask)])
  for (const { seen, atMost } of answers) {
    expect(seen).toBeLessThanOrEqual(atMost)
    expect(seen).toBeGreaterThanOrEqual(1000 - 60)
  }
  const last = await Promise.all(people.map(typeCredits))
  expect(new Set(last)).toEqual(new Set([940]))
})
