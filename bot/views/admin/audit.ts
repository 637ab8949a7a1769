import { context, type Message } from '../blocks.ts'
import { code, type Sheet, sheetMessage } from './sheet.ts'

/** For the admin channel: what somebody did, with the ids to find it by. */
export function auditMessage(sheet: Sheet, by: { userId: string; requestId: string }): Message {
  const { text, blocks } = sheetMessage(sheet)
  const who = `By <@${by.userId}>`
  return { text: `${text} ${who}.`, blocks: [...blocks, context([who, `Request ${code(by.requestId)}`])] }
}
