import { WebClient } from '@slack/web-api'
import { vi } from 'vitest'
import { BOT_TOKEN, type FakeSlack, type StoredMessage, type StoredView } from '../../fakes/slack.ts'
import type { Bot } from '../support/bot.ts'

/** Where the bot of these tests tells what admins did. */
export const ADMIN_CHANNEL = 'CADMIN'

/** All that a message or a modal says. */
export const wordsOf = (shown: StoredMessage | StoredView): string =>
  JSON.stringify('content' in shown ? shown.content.blocks : shown.blocks)

/** A message of the bot in a channel, with the given buttons: an alert, or a receipt. */
export async function postButtons(
  slack: FakeSlack,
  channel: string,
  ...elements: object[]
): Promise<StoredMessage> {
  const client = new WebClient(BOT_TOKEN, { slackApiUrl: slack.apiUrl })
  await client.apiCall('chat.postMessage', {
    channel,
    text: 'Buttons',
    blocks: [{ type: 'actions', elements }],
  })
  const message = slack.messages(channel).at(-1)
  if (message === undefined) throw new Error('The message was not posted.')
  return message
}

/** The audit messages of an action: they are queued before an admin is answered, and all were sent. */
export async function auditsOf({ ledger, slack }: Bot, requestId: string): Promise<StoredMessage[]> {
  await vi.waitUntil(
    async () => {
      const waiting = await ledger.database.sql`
        select id from agent_credits_jobs.job
        where data::text like ${`%audit:${requestId}%`} and state in ('created', 'retry', 'active')`
      return waiting.length === 0
    },
    { timeout: 10_000, interval: 20 },
  )
  return slack.messages(ADMIN_CHANNEL).filter((message) => wordsOf(message).includes(requestId))
}

/** What a button or a form carries. */
export const requestIn = (
  shown: StoredMessage | StoredView,
): { id: string; fields: Record<string, string> } =>
  JSON.parse(
    'content' in shown
      ? String(shown.content.private_metadata)
      : (/"value":("\{.*?\}")/.exec(wordsOf(shown))?.[1] ?? '""')
          .replace(/^"|"$/g, '')
          .replaceAll('\\"', '"'),
  ) as { id: string; fields: Record<string, string> }
