import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADMIN_CONFIRM_ACTION } from '../../../bot/views/admin/preview.ts'
import type { Person } from '../../fakes/slack.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { ADMIN_CHANNEL, auditsOf, requestIn, wordsOf } from './support.ts'

describe('the record of what admins do', () => {
  let bot: Bot
  let ada: Person
  beforeAll(async () => {
    bot = await startBot({ slack: { settings: { admins: [], adminChannel: ADMIN_CHANNEL } } })
    ada = bot.slack.person('U0ADA', { admin: true })
    await vi.waitUntil(async () => (await bot.readyz()).status === 200, { timeout: 10_000, interval: 20 })
  })
  afterAll(() => bot.close())

  const sql = () => bot.ledger.database.sql

  /** Does the look after a request now, which else comes a minute after it. */
  async function lookNow(): Promise<void> {
    await sql()`update agent_credits_jobs.job set start_after = now() where name = 'audit' and state = 'created'`
    await vi.waitUntil(
      async () => {
        const rows = await sql()`
          select from agent_credits_jobs.job where name = 'audit' and state in ('created', 'retry', 'active')`
        return rows.length === 0
      },
      { timeout: 10_000, interval: 20 },
    )
  }

  it('is made up where the server ended after the write and before the message was queued', async () => {
    const preview = await ada.command('/credits grant slack:T01 7 paid note Late')
    const { id } = requestIn(preview)
    // What a kill at that moment leaves: the write, and no message.
    await sql().unsafe(`
      create function refuse_posts() returns trigger language plpgsql as $$ begin raise 'killed'; end $$;
      create trigger refuse before insert on agent_credits_jobs.job
        for each row when (new.name = 'post') execute function refuse_posts()`)
    await (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
    await sql().unsafe('drop trigger refuse on agent_credits_jobs.job; drop function refuse_posts()')
    expect(bot.logged('An audit message was not queued')).toHaveLength(1)
    expect(await auditsOf(bot, id)).toEqual([])

    await lookNow()
    const audits = await auditsOf(bot, id)
    expect(audits).toHaveLength(1)
    expect(audits[0] && wordsOf(audits[0])).toContain('Late')
    expect(await bot.ledger.balance('slack:T01')).toMatchObject({ paid: 7_000_000n })
  })

  it('is told once, and of what was refused not at all', async () => {
    const preview = await ada.command('/credits grant slack:T01 3 paid')
    const { id } = requestIn(preview)
    await (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
    const [batch] = await bot.ledger.batches('slack:T01')
    const refused = await ada.command(`/credits void ${batch?.id} 5 mistake`)
    const { id: refusedId } = requestIn(refused)
    await bot.ledger.void('slack:T01', batch?.id ?? '', { reason: 'Before that', key: 'void-1' })
    await (await ada.click(refused, ADMIN_CONFIRM_ACTION)).message()
    await lookNow()
    expect(await auditsOf(bot, id)).toHaveLength(1)
    expect(await auditsOf(bot, refusedId)).toEqual([])
    expect(await bot.ledger.balance('slack:T01')).toMatchObject({ paid: 3_000_000n })
  })
})
