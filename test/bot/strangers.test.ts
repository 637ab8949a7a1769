import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fixedAccount } from '../../bot/index.ts'
import { OPEN_BATCHES_ACTION } from '../../bot/views/batches.ts'
import { COMMAND_ACTION } from '../../bot/views/blocks.ts'
import { postSigned, type StoredMessage, typeCommand } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'

const BALANCE = `${COMMAND_ACTION}balance`

/** A click in a channel that T01 shares with T09, as Slack tells of it. */
const clickOf = (user: { id: string; team_id?: string }, team: string, actionId: string) =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      user,
      team: { id: team, domain: 'acme' },
      api_app_id: 'A1',
      trigger_id: '1.2.3',
      channel: { id: 'C1', name: 'shared' },
      actions: [{ type: 'button', action_id: actionId, block_id: 'b', value: 'balance', action_ts: '1.1' }],
    }),
  }).toString()

describe('people of another company in a shared channel', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '7' })
    bot.slack.person('U0MAL', { team: 'T09' })
    bot.slack.person('U0SAME', { team: 'T01' })
  })
  afterAll(() => bot.close())

  it.each([BALANCE, OPEN_BATCHES_ACTION])('see nothing of the host by clicking %s', async (actionId) => {
    const calls = bot.slack.calls.all().length
    const response = await postSigned(
      bot.server.url,
      clickOf({ id: 'U0MAL', team_id: 'T09' }, 'T01', actionId),
    )
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect(bot.logged('Refused a stranger').at(-1)).toMatchObject({ userId: 'U0MAL', teamId: 'T01' })
    const made = bot.slack.calls.all().slice(calls)
    expect(made.map(({ method }) => method).filter((method) => /^(chat|views)\./.test(method))).toEqual([])
  })

  it('are asked about where the payload does not say whose they are, and people of here are let through', async () => {
    const refused = bot.logged('Refused a stranger').length
    await postSigned(bot.server.url, clickOf({ id: 'U0MAL' }, 'T01', BALANCE))
    expect(bot.logged('Refused a stranger')).toHaveLength(refused + 1)
    await postSigned(bot.server.url, clickOf({ id: 'U0SAME' }, 'T01', BALANCE))
    await bot.slack.calls.waitFor(
      ({ method, args }) => method === 'chat.postMessage' && args['channel'] === 'U0SAME',
    )
  })
})

describe('an account that no workspace is named in', () => {
  let bot: Bot
  afterEach(() => bot.close())

  it("is shown to people of the token's workspace, and to no other workspace", async () => {
    bot = await startBot({ slack: { accountOf: fixedAccount('acme') } })
    await bot.ledger.grant('acme', { type: 'paid', amount: '7' })
    const ada = bot.slack.person('U0ADA')
    const typo: StoredMessage = await ada.command('/credits blance')
    expect((await (await ada.click(typo, BALANCE)).message()).text).toContain('7 credits available')

    const elsewhere = await typeCommand(bot.server.url, 'balance', { team_id: 'T09', user_id: 'U0MAL' })
    expect(elsewhere.text).not.toContain('available')
    expect(bot.logged('Refused a stranger')).toMatchObject([{ userId: 'U0MAL', teamId: 'T09' }])
    const mallory = bot.slack.person('U0MAL', { team: 'T09' })
    await mallory.click(typo, BALANCE)
    expect(bot.logged('Refused a stranger')).toHaveLength(2)
  })
})
