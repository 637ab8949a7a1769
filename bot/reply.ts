import { RespondError, type RespondFn } from '@slack/bolt'
import { type WebClient, WebAPIPlatformError } from '@slack/web-api'
import type { Message } from './views/blocks.ts'

/** Where a click came from: a message has a `response_url`, a modal and the App Home have none. */
export interface Click {
  readonly body: { readonly user: { readonly id: string }; readonly response_url?: string | undefined }
  /** Bolt gives it only where there is a `response_url`. */
  readonly respond: RespondFn | undefined
  readonly client: WebClient
}

/** Answers a click so that only who clicked sees it: below the message, or else in a direct message of the bot. */
export async function reply({ body, respond, client }: Click, message: Message): Promise<void> {
  if (body.response_url !== undefined && respond !== undefined) {
    await respond({ response_type: 'ephemeral', replace_original: false, ...message })
  } else {
    await client.apiCall('chat.postMessage', { channel: body.user.id, unfurl_links: false, ...message })
  }
}

/** The same with blocks that not every workspace shows: where Slack refuses them, the plainer message. */
export async function replyInBest(click: Click, best: Message, plainer: Message): Promise<void> {
  try {
    await reply(click, best)
  } catch (error) {
    if (!refusesBlocks(error)) throw error
    await reply(click, plainer)
  }
}

const ADDRESS_USED_UP = 404
const TOO_MANY_REQUESTS = 429

/** A `response_url` tells of a refusal by its status only. */
function refusesBlocks(error: unknown): boolean {
  if (error instanceof RespondError) {
    return error.statusCode !== ADDRESS_USED_UP && error.statusCode !== TOO_MANY_REQUESTS
  }
  return slackErrorOf(error) === 'invalid_blocks'
}

/** What Slack said against a call of its Web API; undefined where the call failed otherwise. */
export const slackErrorOf = (error: unknown): string | undefined =>
  error instanceof WebAPIPlatformError ? error.data.error : undefined
