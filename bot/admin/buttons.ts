import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { personOfInteraction } from '../payload-person.ts'
import { reply } from '../reply.ts'
import type { BotServices } from '../services.ts'
import {
  EXTEND_BATCH_ACTION,
  GRANT_CREDIT_ACTION,
  REFUND_CHARGE_ACTION,
  SET_THRESHOLD_ACTION,
  VOID_BATCH_ACTION,
} from '../views/actions.ts'
import { forAdminsOnly, refusal } from '../views/notices.ts'
import type { AdminActionName } from './action.ts'
import { ADMIN_ACTIONS } from './actions.ts'
import type { Fields } from './fields.ts'
import { openForm } from './open-form.ts'
import { notYours } from './plan.ts'
import { isAdmin, isOwnAccount } from './rights.ts'

const BUTTONS = [
  [GRANT_CREDIT_ACTION, 'grant', undefined],
  [SET_THRESHOLD_ACTION, 'threshold', undefined],
  [VOID_BATCH_ACTION, 'void', 'batch'],
  [EXTEND_BATCH_ACTION, 'extend', 'batch'],
  [REFUND_CHARGE_ACTION, 'refund', 'charge'],
] as const satisfies readonly (readonly [string, AdminActionName, 'batch' | 'charge' | undefined])[]

/** Buttons at alerts, batches and receipts: each opens the form of its action. */
export function listenToAdminButtons(app: App, services: BotServices): void {
  for (const [actionId, name, subject] of BUTTONS) {
    app.action<BlockAction<ButtonAction>>(actionId, async ({ action, body, ack, respond, client }) => {
      await ack()
      const asker = { person: personOfInteraction(body), client }
      const click = { body, respond, client }
      if (!(await isAdmin(services, asker, name))) return reply(click, forAdminsOnly(name))
      const given = fieldsOfValue(action.value ?? '', subject)
      const account = given.account ?? ''
      if (!isOwnAccount(services, asker, name, account)) return reply(click, refusal(notYours(account)))
      const message = await openForm(services, asker, ADMIN_ACTIONS[name], {
        triggerId: body.trigger_id,
        isAboveModal: body.view?.type === 'modal',
        given,
      })
      if (message !== undefined) await reply(click, message)
    })
  }
}

/** What the button is about; see `subjectValue`. */
function fieldsOfValue(value: string, subject: 'batch' | 'charge' | undefined): Fields {
  if (subject === undefined) return { account: value }
  const [id = ''] = value.split(' ', 1)
  return { account: value.slice(id.length + 1), [subject]: id }
}
