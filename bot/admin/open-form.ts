import type { types } from '@slack/bolt'
import { newId } from '../../src/ids.ts'
import { accountOfPerson } from '../payload-person.ts'
import { slackErrorOf } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { formModal } from '../views/admin/form.ts'
import type { Message } from '../views/blocks.ts'
import { refusal } from '../views/notices.ts'
import type { AdminAction } from './action.ts'
import type { Fields } from './fields.ts'
import { writeRequest } from './request.ts'
import type { Asker } from './rights.ts'

/** Nobody's: an account that it leads to is everybody's. */
const ANYBODY = 'U'

interface FormOpening {
  readonly triggerId: string
  /** A form stands above another modal; above a message or the App Home it is opened anew. */
  readonly isAboveModal?: boolean
  readonly given?: Fields
}

/** Opens the form of an action; where Slack does not, what to say instead. */
export async function openForm(
  services: BotServices,
  asker: Asker,
  action: AdminAction,
  { triggerId, isAboveModal = false, given = {} }: FormOpening,
): Promise<Message | undefined> {
  const { views } = asker.client
  const open = isAboveModal ? views.push : views.open
  try {
    await open({ trigger_id: triggerId, view: formOf(services, asker, action, given) })
    return undefined
  } catch (error) {
    // Of two deliveries of one click the first has opened it.
    if (slackErrorOf(error) === 'exchanged_trigger_id') return undefined
    services.logger.warn({ err: error, ...asker.person, action: action.name }, 'Slack did not open a form')
    return refusal('Slack did not open the form in time. Try once more.')
  }
}

/** The form of an action. What is settled already is shown, and not asked for. */
function formOf(
  services: BotServices,
  { person }: Asker,
  action: AdminAction,
  given: Fields,
): types.ModalView {
  const own = accountOfPerson(services, person)
  const isShared = accountOfPerson(services, { ...person, userId: ANYBODY }) === own
  const account = given.account ?? (isShared ? own : undefined)
  const fields: Fields = account === undefined ? given : { ...given, account }
  return formModal({
    title: action.title,
    fields: account === undefined ? ['account', ...action.form] : action.form,
    optional: action.optional,
    account,
    subject: given.batch ?? given.charge,
    userId: person.userId,
    metadata: writeRequest({ id: newId(), action: action.name, fields }),
  })
}
