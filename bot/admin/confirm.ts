import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { personOfInteraction } from '../payload-person.ts'
import { reply } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { ADMIN_CANCEL_ACTION, ADMIN_CONFIRM_ACTION } from '../views/admin/preview.ts'
import { sheetMessage } from '../views/admin/sheet.ts'
import { forAdminsOnly, refusal } from '../views/notices.ts'
import { performRequest } from './perform.ts'
import { readRequest } from './request.ts'
import { isAdmin } from './rights.ts'

/** The buttons under a preview. What was confirmed takes the preview's place, also when it is confirmed again. */
export function listenToConfirmations(app: App, services: BotServices): void {
  app.action<BlockAction<ButtonAction>>(
    ADMIN_CONFIRM_ACTION,
    async ({ action, body, ack, respond, client }) => {
      await ack()
      const asker = { person: personOfInteraction(body), client }
      const request = readRequest(action.value)
      const name = request?.action ?? 'confirm'
      if (!(await isAdmin(services, asker, name))) {
        return reply({ body, respond, client }, forAdminsOnly(name))
      }
      if (request === undefined) {
        services.logger.warn({ ...asker.person, action: name }, 'A button carried no request')
        return reply({ body, respond, client }, refusal(UNREADABLE))
      }
      const answer = await performRequest(services, asker, request)
      if ('trouble' in answer) return reply({ body, respond, client }, refusal(answer.trouble))
      const message = 'sheet' in answer ? sheetMessage(answer.sheet) : refusal(answer.refusal)
      await respond({ response_type: 'ephemeral', replace_original: true, ...message })
    },
  )
  // It takes nothing back, and says nothing about what was confirmed before: the preview only goes away.
  app.action(ADMIN_CANCEL_ACTION, async ({ ack, respond }) => {
    await ack()
    await respond({ delete_original: true })
  })
}

const UNREADABLE = 'This button is of another version. Type the command again.'
