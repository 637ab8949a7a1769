import type { WebClient } from '@slack/web-api'
import type { CreditLedger } from '../../src/credits.ts'
import { type Click, reply } from '../reply.ts'
import type { BotServices } from '../services.ts'
import {
  chargesBusyView,
  chargesLinkView,
  chargesSentView,
  chargesTooLargeView,
} from '../views/usage/charges.ts'
import { chargesFileName } from '../views/usage/words.ts'
import { CHARGES_PATH, type FileQuestion, signFile } from './file-links.ts'
import { boundsOf } from './period.ts'

/** Whoever has the link may read it: time to click, and no more. */
const LINK_LIFETIME_MS = 15 * 60 * 1000

/** Some 8,000 charges. A call to Slack is given 2 s: so much goes through in that time. */
const FILE_BYTES_MAX = 2 * 1024 * 1024

/** Each is held in memory. */
const FILES_AT_ONCE_MAX = 4

/** Answers with the charges: as a link where we can be reached, else as a file in a direct message. */
export function chargesSender({ links, ledger }: Pick<BotServices, 'links' | 'ledger'>) {
  let underway = 0

  return async (click: Click, question: FileQuestion): Promise<void> => {
    if (links !== undefined) {
      const url = signFile(links, CHARGES_PATH, question, LINK_LIFETIME_MS)
      return reply(click, chargesLinkView(url, question.period, LINK_LIFETIME_MS / 60_000))
    }
    if (underway >= FILES_AT_ONCE_MAX) return reply(click, chargesBusyView)
    underway += 1
    try {
      await sendFile(click, question)
    } finally {
      underway -= 1
    }
  }

  async function sendFile(click: Click, question: FileQuestion): Promise<void> {
    const file = await readWhole(ledger, question)
    if (file === undefined) return reply(click, chargesTooLargeView(question.period))
    await upload(click.client, click.body.user.id, file, question)
    // Who clicked elsewhere looks elsewhere.
    if (click.body.response_url !== undefined) await reply(click, chargesSentView)
  }
}

/** Undefined where it is too large. */
async function readWhole(
  ledger: CreditLedger,
  { account, period }: FileQuestion,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of ledger.chargesCsv(account, boundsOf(period))) {
    const encoded = Buffer.from(part)
    bytes += encoded.length
    if (bytes > FILE_BYTES_MAX) return undefined
    parts.push(encoded)
  }
  return Buffer.concat(parts)
}

async function upload(
  client: WebClient,
  userId: string,
  file: Buffer,
  { period }: FileQuestion,
): Promise<void> {
  const { channel } = await client.conversations.open({ users: userId })
  if (channel?.id === undefined) throw new Error('Slack opened no direct message.')
  const filename = chargesFileName(period)
  await client.filesUploadV2({ channel_id: channel.id, filename, title: filename, file })
}
