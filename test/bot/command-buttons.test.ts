import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMAND_ACTION } from '../../bot/views/blocks.ts'
import type { Person, StoredMessage } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { lockLedger } from './support/lock.ts'
import { shown } from './support/shown.ts'

describe('buttons that stand for a typed command', () => {
  let bot: Bot
  let ada: Person
  let typo: StoredMessage
  beforeAll(async () => {
    bot = await startBot()
    ada = bot.slack.person('U0ADA')
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '7' })
    typo = await ada.command('/credits blance')
  })
  afterAll(() => bot.close())

  const BALANCE = `${COMMAND_ACTION}balance`

  it('are offered for a typo, with all that was typed', async () => {
    expect(shown(typo)).toContain('Did you mean  /credits balance ?\n\n[ /credits balance ]')
    const withWords = await ada.command('/credits explian 0197a1b2')
    expect(shown(withWords)).toContain('[ /credits explain 0197a1b2 ]')
    const long = await ada.command(`/credits explian ${'x'.repeat(500)}`)
    expect(shown(long)).toContain('[ /credits explain ]')
  })

  it('answer who clicks, and nobody else, as the command would', async () => {
    const answer = await (await ada.click(typo, BALANCE)).message()
    expect(answer.text).toContain('7 credits available')
    expect(answer.ephemeralTo).toBe('U0ADA')
    expect(typo.edits).toBe(0)
  })

  it('give whoever clicks their own account, whatever the button says', async () => {
    const mallory = bot.slack.person('U0MAL', { team: 'T09' })
    const answer = await (await mallory.click(typo, BALANCE)).message()
    expect(answer.text).toContain('0 credits available')
  })

  it('run no admin command for others', async () => {
    const [, actions] = typo.blocks
    const forged = structuredClone(actions) as { elements: { value: string }[] }
    for (const element of forged.elements) element.value = 'grant slack:T01 1000 paid'
    const blocks = [forged] as unknown as StoredMessage['blocks']
    const answer = await (await ada.click({ ...typo, blocks }, BALANCE)).message()
    expect(answer.text).toBe('Only admins may use `/credits grant`.')
    expect(bot.logged('Refused an admin command').at(-1)).toMatchObject({
      userId: 'U0ADA',
      teamId: 'T01',
      subcommand: 'grant',
    })
    expect(await bot.ledger.balance('slack:T01')).toMatchObject({ paid: 7_000_000n })
  })

  it('are acknowledged at once while the ledger is slow, and tell of a failure', async () => {
    const lock = await lockLedger(bot.database.url)
    const clicked = await ada.click(typo, BALANCE)
    expect(clicked.acknowledgement.tookMs).toBeLessThan(1_000)
    await lock.waitUntilWaitedFor()
    await lock.cancelWaiting()
    await lock.release()
    expect((await clicked.message()).text).toMatch(/^Something went wrong \(ref [0-9a-f]{8}\)$/)
  })
})

describe('what the help lists', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
  })
  afterAll(() => bot.close())

  it('is for everybody what everybody may, and for admins what they may too', async () => {
    const help = await bot.slack.person('U0ADA').command('/credits help')
    expect(help.text).toContain('• `/credits batches`: active credit, batch by batch')
    expect(help.text).toContain('• `/credits explain CHARGE`: the receipt of a charge')
    expect(help.text).not.toContain('/credits grant')
    const forAdmin = await bot.slack.person('U0BOSS', { admin: true }).command('/credits help')
    expect(forAdmin.text).toContain('*For admins*\n• `/credits grant')
    expect((await bot.slack.person('U0ADA').command('/credits gran')).text).not.toContain('Did you mean')
  })
})
