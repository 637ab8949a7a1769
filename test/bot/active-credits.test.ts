import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { SHOW_ALL_ACTION, TURN_BACK_ACTION, TURN_ON_ACTION } from '../../bot/views/active-credits.ts'
import { EXTEND_BATCH_ACTION } from '../../bot/views/actions.ts'
import { OPEN_BATCHES_ACTION, POST_TABLE_ACTION } from '../../bot/views/batches.ts'
import type { FakeSlack, Person, StoredMessage, StoredView } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { lockLedger } from './support/lock.ts'
import { shown } from './support/shown.ts'

/** Batches that each remain in full, so that a page tells by their amounts which it is. */
async function grantBatches(bot: Bot, account: string, amounts: readonly number[]): Promise<void> {
  for (const amount of amounts) {
    await bot.ledger.grant(account, { type: 'free', amount: String(amount), expiresIn: `${amount}d` })
  }
}

const amountsIn = (view: StoredView): number[] =>
  [...shown(view.content).matchAll(/Remaining Balance .*\n(\d+)/g)].map(([, amount]) => Number(amount))

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('Active Credits', () => {
  let bot: Bot
  let ada: Person
  let list: StoredMessage
  beforeAll(async () => {
    bot = await startBot()
    ada = bot.slack.person('U0ADA', { tz: 'Asia/Tokyo' })
    await grantBatches(bot, 'slack:T01', upTo(23))
    list = await ada.command('/credits batches')
  })
  afterEach(() => bot.slack.heal())
  afterAll(() => bot.close())

  const open = async (person = ada): Promise<StoredView> =>
    (await person.click(list, OPEN_BATCHES_ACTION)).view()

  it('are listed in draw-down order by the command', () => {
    expect(list.text).toMatch(/^Active Credits\n`Free` 1 of 1 credit, added .*\n`Free` 2 of 2 credits/)
    expect(list.text).toContain('the first 20')
  })

  it('turn page by page, ten at a time, there and back', async () => {
    const view = await open()
    expect(amountsIn(view)).toEqual(upTo(10))
    await ada.click(view, TURN_ON_ACTION)
    await bot.slack.viewThat(view.id, (second) => amountsIn(second)[0] === 11)
    await ada.click(view, TURN_ON_ACTION)
    await bot.slack.viewThat(view.id, (third) => amountsIn(third)[0] === 21)
    expect(amountsIn(view)).toEqual([21, 22, 23])
    expect(shown(view.content)).toContain('Batches 21 to 23.')
    expect(shown(view.content)).not.toContain('Next')
    await ada.click(view, TURN_BACK_ACTION)
    await bot.slack.viewThat(view.id, (second) => amountsIn(second)[0] === 11)
  })

  it('turn once under a double click', async () => {
    const view = await open()
    const stale = structuredClone(view)
    await Promise.all([ada.click(stale, TURN_ON_ACTION), ada.click(stale, TURN_ON_ACTION)])
    await bot.slack.viewThat(view.id, ({ updates }) => updates === 2)
    expect(amountsIn(view)).toEqual(upTo(20, 11))
  })

  it('show the last page that there is when the asked one is gone', async () => {
    await grantBatches(bot, 'slack:T05', upTo(11))
    const eve = bot.slack.person('U0EVE', { team: 'T05' })
    const view = await (await eve.click(await eve.command('/credits batches'), OPEN_BATCHES_ACTION)).view()
    const [soonest] = await bot.ledger.batches('slack:T05')
    await bot.ledger.void('slack:T05', soonest?.id ?? '', { reason: 'Gone' })
    await eve.click(view, TURN_ON_ACTION)
    await bot.slack.viewThat(view.id, ({ updates }) => updates === 1)
    expect(amountsIn(view)).toEqual(upTo(11, 2))
    expect(shown(view.content)).not.toContain('Previous')

    await eve.click(view, SHOW_ALL_ACTION, { value: ['all'] })
    await bot.slack.viewThat(view.id, ({ content }) => shown(content).includes('☑ Show used-up and expired'))
    expect(shown(view.content)).toContain('0 (voided)')
    await eve.click(view, SHOW_ALL_ACTION, { value: [] })
    await bot.slack.viewThat(view.id, ({ content }) => shown(content).includes('☐ Show used-up and expired'))
    expect(shown(view.content)).not.toContain('(voided)')
  })

  it('are those of who clicks, whatever the view has been made to remember', async () => {
    const view = await open()
    const { content } = view
    content.private_metadata = JSON.stringify({ page: 0, all: false, account: 'slack:T01' })
    const mallory = bot.slack.person('U0MAL', { team: 'T09' })
    const forged = { ...view, content: { ...content } }
    await mallory.click(forged, TURN_ON_ACTION)
    await bot.slack.viewThat(view.id, ({ updates }) => updates === 1)
    expect(amountsIn(view)).toEqual([])
    expect(shown(view.content)).toContain('0 credits available')
  })

  it("carry an admin's buttons for admins only", async () => {
    const boss = bot.slack.person('U0BOSS', { admin: true })
    const actionsOf = ({ content }: StoredView) => JSON.stringify(content.blocks)
    expect(actionsOf(await open())).not.toContain(EXTEND_BATCH_ACTION)
    const theirs = await (
      await boss.click(await boss.command('/credits batches'), OPEN_BATCHES_ACTION)
    ).view()
    expect(actionsOf(theirs)).toContain(EXTEND_BATCH_ACTION)
  })

  it('open in time while the ledger is slow, and show what it says when it does', async () => {
    const lock = await lockLedger(bot.database.url)
    const clicked = await ada.click(list, OPEN_BATCHES_ACTION)
    expect(clicked.acknowledgement.tookMs).toBeLessThan(2_500)
    const view = await clicked.view()
    expect(shown(view.content)).toContain('Reading your credits')
    await lock.release()
    await bot.slack.viewThat(view.id, (loaded) => amountsIn(loaded).length === 10)
  })

  it('say with a reference that the ledger failed', async () => {
    const lock = await lockLedger(bot.database.url)
    const view = await (await ada.click(list, OPEN_BATCHES_ACTION)).view()
    await lock.waitUntilWaitedFor()
    await lock.cancelWaiting()
    await lock.release()
    await bot.slack.viewThat(view.id, ({ content }) => shown(content).includes('Something went wrong (ref '))
    expect(bot.logged('Active Credits could not be read')).toHaveLength(1)
  })

  it('read and draw once more what another update has overtaken', async () => {
    const view = await open()
    bot.slack.fail('views.update', { error: 'hash_conflict' })
    await ada.click(view, TURN_ON_ACTION)
    const second = await bot.slack.viewThat(view.id, ({ updates }) => updates === 1)
    expect(amountsIn(second)).toEqual(upTo(20, 11))
  })

  it('tell who clicked when Slack opens nothing any more, and when it is in trouble', async () => {
    const faults: Parameters<FakeSlack['fail']>[1][] = [{ error: 'expired_trigger_id' }, { status: 500 }]
    for (const fault of faults) {
      bot.slack.heal()
      bot.slack.fail('views.open', fault, { times: 9 })
      const { text } = await (await ada.click(list, OPEN_BATCHES_ACTION)).message()
      expect(text).toContain('Slack did not open the window in time.')
    }
    bot.slack.heal()
    expect(bot.logged('Slack did not open Active Credits')).toMatchObject([
      { reason: 'expired_trigger_id' },
      { level: 'warn' },
    ])
  })

  describe('as a table', () => {
    it('come to who asked only, below the list', async () => {
      const table = await (await ada.click(list, POST_TABLE_ACTION)).message()
      expect(table.ephemeralTo).toBe('U0ADA')
      expect(table.blocks[0]).toMatchObject({
        type: 'data_table',
        rows: [
          [
            { text: 'Credit Allocated' },
            { text: 'Added Date' },
            { text: 'Remaining Balance' },
            { text: 'Credit Type' },
            { text: 'Expiry Date' },
          ],
          ...upTo(23).map((amount) => [{ value: amount }, {}, { value: amount }, { text: 'Free' }, {}]),
        ],
      })
      expect(JSON.stringify(table.blocks)).toContain('Times in Asia/Tokyo.')
    })

    it('come as a direct message from the modal, which says so', async () => {
      const view = await open()
      await ada.click(view, POST_TABLE_ACTION)
      await bot.slack.viewThat(view.id, ({ content }) => shown(content).includes('Posted to you'))
      expect(bot.slack.messages('DU0ADA').at(-1)?.blocks[0]).toMatchObject({ type: 'data_table' })
    })

    it('come as a list where the workspace shows no such tables', async () => {
      bot.slack.fail('response_url', { status: 500 })
      const below = await (await ada.click(list, POST_TABLE_ACTION)).message()
      expect(shown(below)).toContain('In the order they are spent; the first 20.')

      bot.slack.fail('chat.postMessage', { error: 'invalid_blocks' })
      const view = await open()
      await ada.click(view, POST_TABLE_ACTION)
      await bot.slack.viewThat(view.id, ({ content }) => shown(content).includes('Posted to you'))
      expect(bot.slack.messages('DU0ADA').at(-1)?.blocks[0]).toMatchObject({ type: 'header' })
    })

    it('say so where they cannot be posted', async () => {
      bot.slack.fail('chat.postMessage', { error: 'messages_tab_disabled' }, { times: 2 })
      const view = await open()
      await ada.click(view, POST_TABLE_ACTION)
      await bot.slack.viewThat(view.id, ({ content }) =>
        shown(content).includes('Something went wrong (ref '),
      )
      expect(amountsIn(view)).toEqual(upTo(10))

      const lock = await lockLedger(bot.database.url)
      const clicked = await ada.click(list, POST_TABLE_ACTION)
      await lock.waitUntilWaitedFor()
      await lock.cancelWaiting()
      await lock.release()
      expect((await clicked.message()).text).toMatch(/^Something went wrong/)
      expect(bot.logged('A table of batches was not posted')).toHaveLength(2)
    })

    it('are not posted where there are none', async () => {
      const nobody = bot.slack.person('U0NEW', { team: 'T08' })
      const view = await (await nobody.click({ ...list, teamId: 'T08' }, OPEN_BATCHES_ACTION)).view()
      expect(shown(view.content)).toContain('No active credit')
      const { text } = await (await nobody.click(list, POST_TABLE_ACTION)).message()
      expect(text).toContain('No active credit')
    })
  })

  it('are logged when Slack refuses to turn the page, and stay as they were', async () => {
    const view = await open()
    bot.slack.fail('views.update', { error: 'not_found' })
    await ada.click(view, TURN_ON_ACTION)
    await vi.waitFor(() => expect(bot.logged('A Slack listener failed')).not.toEqual([]))
    expect(amountsIn(view)).toEqual(upTo(10))
  })
})
