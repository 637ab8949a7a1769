import { type JsonObject, objectAt, objectsAt } from '../../json.ts'
import type { EventReader, UsageReport } from '../../provider.ts'
import { NOTHING_USED, readJsonEvents, writtenBytes } from '../answer.ts'
import { laterUsage } from './usage.ts'

/** What a stream has delivered when it ends without a word about its usage. */
export interface Delivered {
  /** The message as it was stated at the start, with the usage as it was stated last. */
  readonly message: JsonObject
  /** UTF-8 bytes that the model has written. */
  readonly writtenBytes: number
  readonly webSearches: number
}

/**
 * Follows the events of a streamed message: `message_start` states the input, each `message_delta` the usage so far
 * (sums, not parts), and `message_stop` ends it.
 */
export function readMessageEvents(
  readMessage: (message: JsonObject) => UsageReport | undefined,
  estimate: (delivered: Delivered) => UsageReport,
): EventReader {
  let message: JsonObject = {}
  let bytes = 0
  let webSearches = 0
  let isFinal = false
  let isOver = false
  let failed = false
  const restate = (usage: JsonObject) => {
    message = { ...message, usage: laterUsage(objectAt(message, 'usage'), usage) }
  }
  const follow = (event: JsonObject) => {
    switch (event['type']) {
      case 'message_start':
        message = objectAt(event, 'message')
        break
      case 'content_block_start':
        if (foundOnTheWeb(objectAt(event, 'content_block'))) webSearches++
        break
      case 'content_block_delta':
        bytes += writtenBytes(event['delta'], ['text', 'thinking', 'partial_json'])
        break
      case 'message_delta':
        restate(objectAt(event, 'usage'))
        isFinal ||= typeof objectAt(event, 'delta')['stop_reason'] === 'string'
        break
      case 'message_stop':
        isFinal = isOver = true
        break
      case 'error':
        failed = isOver = true
        break
    }
  }
  return readJsonEvents(
    {
      follow(event, data) {
        follow(event)
        return data
      },
      report() {
        if (isFinal) return readMessage(message)
        return failed && bytes === 0 && webSearches === 0 ? NOTHING_USED : undefined
      },
      estimate: () => estimate({ message, writtenBytes: bytes, webSearches }),
      complete: () => isOver,
    },
    false,
  )
}

/** Whether a block is what a search found: one that failed is not billed. */
export const foundOnTheWeb = (block: JsonObject): boolean =>
  block['type'] === 'web_search_tool_result' && objectsAt(block, 'content').length > 0
