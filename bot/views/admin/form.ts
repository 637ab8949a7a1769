import type { types } from '@slack/bolt'
import { context, section } from '../blocks.ts'
import { code } from './sheet.ts'

export const ADMIN_FORM_VIEW = 'admin_form'

export interface Form {
  /** At most 24 characters. */
  readonly title: string
  /** Names of fields, in the order in which they are asked for. */
  readonly fields: readonly FormField[]
  /** What may be left empty. */
  readonly optional: readonly FormField[]
  /** What it is about, where that is settled. */
  readonly account: string | undefined
  readonly subject: string | undefined
  /** Who is chosen first where it asks for a person. */
  readonly userId: string
  /** The request, at most 3,000 characters. */
  readonly metadata: string
}

/** Asks for what a command would say in words; each field is a block and an action of its name. */
export const formModal = (form: Form): types.ModalView => ({
  type: 'modal',
  callback_id: ADMIN_FORM_VIEW,
  private_metadata: form.metadata,
  title: plain(form.title),
  submit: plain('Preview'),
  close: plain('Cancel'),
  blocks: [
    ...about(form),
    ...form.fields.map((name) => input(name, form.optional.includes(name), form.userId)),
    context(['Nothing is done before you have seen what it does, and confirmed it.']),
  ],
})

const plain = (text: string) => ({ type: 'plain_text' as const, text })

function about({ account, subject }: Form): types.KnownBlock[] {
  const lines = [
    ...(account === undefined ? [] : [`Account ${code(account)}`]),
    ...(subject === undefined ? [] : [code(subject)]),
  ]
  return lines.length === 0 ? [] : [section(lines.join('\n'))]
}

/** As long as a button's value has room for. */
const WORDS_MAX = 200

const kind = (value: string, text: string): types.PlainTextOption => ({ value, text: plain(text) })

const INPUTS = {
  account: { label: 'Whose account', hint: 'Credit goes to the account that this person sees.' },
  amount: { label: 'Credits', hint: 'Such as 100 or 12.5.' },
  type: { label: 'Kind of credit', hint: 'Free credit is spent before Paid.' },
  expires: { label: 'Expires', hint: 'A time from now such as 30d, a date such as 2027-01-31, or never.' },
  line: {
    label: 'Low from',
    hint: 'Credits such as 50, a share of the last grants such as 20%, default, or off.',
  },
  note: { label: 'Note', hint: 'Kept with the batch.' },
  reason: { label: 'Reason', hint: 'Kept in the ledger.' },
} as const

export type FormField = keyof typeof INPUTS

function input(name: FormField, isOptional: boolean, userId: string): types.InputBlock {
  const { label, hint } = INPUTS[name]
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    hint: plain(name === 'amount' && isOptional ? `${hint} Empty: all that is left.` : hint),
    optional: isOptional,
    element: elementOf(name, userId),
  }
}

function elementOf(name: FormField, userId: string): types.InputBlock['element'] {
  switch (name) {
    case 'account':
      return { type: 'users_select', action_id: name, initial_user: userId }
    case 'type':
      return {
        type: 'radio_buttons',
        action_id: name,
        options: [kind('free', 'Free'), kind('paid', 'Paid')],
      }
    default:
      return { type: 'plain_text_input', action_id: name, max_length: WORDS_MAX }
  }
}
