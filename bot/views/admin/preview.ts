import { actions, button, type Message } from '../blocks.ts'
import { type Sheet, sheetMessage } from './sheet.ts'

export const ADMIN_CONFIRM_ACTION = 'admin_confirm'
export const ADMIN_CANCEL_ACTION = 'admin_cancel'

export interface Confirmation {
  /** What the button does, e.g. `Void`. */
  readonly verb: string
  readonly account: string
  readonly isDangerous: boolean
  /** The request, at most 2,000 characters. */
  readonly value: string
}

/** What would happen, and the buttons that make it so or do not. */
export function previewMessage(sheet: Sheet, { verb, account, isDangerous, value }: Confirmation): Message {
  const { text, blocks } = sheetMessage(sheet)
  const style = isDangerous ? 'danger' : 'primary'
  const confirm = {
    title: plain(`${verb}?`),
    text: plain(`${sheet.title}, account ${account}. It goes into the ledger at once.`),
    confirm: plain(verb),
    deny: plain('Back'),
    style,
  } as const
  return {
    text: `${text} Not done yet: confirm it.`,
    blocks: [
      ...blocks,
      actions([
        { ...button(verb, ADMIN_CONFIRM_ACTION, value), style, confirm },
        button('Cancel', ADMIN_CANCEL_ACTION),
      ]),
    ],
  }
}

const plain = (text: string) => ({ type: 'plain_text' as const, text })
