import type { App, BlockStaticSelectAction, SlackActionMiddlewareArgs, webApi } from '@slack/bolt'
import { CreditsError } from '../../src/errors.ts'
import { actorOf, isAdmin, isOwnAccount } from '../admin/rights.ts'
import { personOfInteraction } from '../payload-person.ts'
import { reply } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { readSnoozeBlockId, SNOOZE_ALERT_ACTION } from '../views/actions.ts'
import { alertView, SNOOZES } from '../views/alerts/alert.ts'
import { adminsOnly, cannotSnooze } from '../views/alerts/notices.ts'
import { isSharedAccount } from './places.ts'
import { readAlertState } from './reading.ts'

type Choice = SlackActionMiddlewareArgs<BlockStaticSelectAction>

/** Has an alert keep quiet, for admins of its account's workspace. */
export function listenToSnooze(app: App, services: BotServices): void {
  app.action<BlockStaticSelectAction>(SNOOZE_ALERT_ACTION, async ({ ack, body, action, respond, client }) => {
    await ack()
    await snooze(services, { body, action, respond }, client)
  })
}

async function snooze(
  services: BotServices,
  { body, action, respond }: Pick<Choice, 'body' | 'action' | 'respond'>,
  client: webApi.WebClient,
): Promise<void> {
  const about = readSnoozeBlockId(action.block_id)
  const chosen = SNOOZES.find(({ duration }) => duration === action.selected_option.value)
  if (about === undefined || chosen === undefined) return
  const person = personOfInteraction(body)
  const asker = { person, client }
  const click = { body, respond, client }
  const isAllowed =
    (await isAdmin(services, asker, SNOOZE_ALERT_ACTION)) &&
    isOwnAccount(services, asker, SNOOZE_ALERT_ACTION, about.account)
  if (!isAllowed) return reply(click, adminsOnly)
  try {
    const { ledger, settings } = services
    const actor = actorOf(person)
    const alert = await ledger.snoozeAlert(about.account, about.id, chosen.duration, { actor })
    const view = alertView(await readAlertState(ledger, alert), {
      areAdmins: true,
      seeUsage: isSharedAccount(services, alert.account),
      addCreditUrl: settings.addCreditUrl,
    })
    await respond({ replace_original: true, ...view })
  } catch (error) {
    if (!CreditsError.isInstance(error)) throw error
    await reply(click, cannotSnooze(error.message))
  }
}
