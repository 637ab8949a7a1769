import type { App, BlockAction, SlackActionMiddlewareArgs, AllMiddlewareArgs } from '@slack/bolt'
import { accountOfPerson, personOfInteraction } from '../payload-person.ts'
import { reply, replyInBest, slackErrorOf } from '../reply.ts'
import type { BotServices } from '../services.ts'
import {
  type BatchPage,
  FIRST_PAGE,
  readBatchPage,
  SHOW_ALL_ACTION,
  TURN_BACK_ACTION,
  TURN_ON_ACTION,
} from '../views/active-credits.ts'
import {
  type BatchList,
  batchesTable,
  batchesView,
  LISTED_MAX,
  OPEN_BATCHES_ACTION,
  POST_TABLE_ACTION,
} from '../views/batches.ts'
import { notice, somethingWentWrong } from '../views/notices.ts'
import { openModal, type PersonsModal, updateModal } from './modal.ts'
import { readTable } from './pages.ts'

type Click = SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs

/**
 * The Active Credits modal: opened by a button anywhere, turned and switched by its own. It remembers its page and
 * its switch only: whose batches they are says the signed click alone.
 */
export function listenToActiveCredits(app: App, services: BotServices): void {
  app.action<BlockAction>(OPEN_BATCHES_ACTION, async (click) => {
    const { ack, body } = click
    const opening = openModal(modalOf(services, click, FIRST_PAGE), body.trigger_id)
    await Promise.all([ack(), opening.catch((error: unknown) => tellNotOpened(services, click, error))])
  })

  const turns: Readonly<Record<string, (page: BatchPage, click: Click) => BatchPage>> = {
    [TURN_BACK_ACTION]: ({ page, all }) => ({ page: Math.max(0, page - 1), all }),
    [TURN_ON_ACTION]: ({ page, all }) => ({ page: page + 1, all }),
    [SHOW_ALL_ACTION]: (_, click) => ({ page: 0, all: isSwitchedOn(click) }),
  }
  for (const [actionId, turn] of Object.entries(turns)) {
    app.action<BlockAction>(actionId, async (click) => {
      await click.ack()
      const { view } = click.body
      if (view === undefined) return
      const page = turn(readBatchPage(view.private_metadata), click)
      await updateModal({ viewId: view.id, hash: view.hash }, modalOf(services, click, page))
    })
  }

  app.action<BlockAction>(POST_TABLE_ACTION, async (click) => {
    await click.ack()
    const { view } = click.body
    const page = view === undefined ? FIRST_PAGE : readBatchPage(view.private_metadata)
    const modal = modalOf(services, click, page)
    const isPosted = await isDone(services, modal.requestId, postTable(services, click, page))
    if (view !== undefined) {
      const said = isPosted ? POSTED : `:warning: ${somethingWentWrong(modal.requestId).text}`
      await updateModal({ viewId: view.id, hash: view.hash }, { ...modal, notice: said })
    } else if (!isPosted) {
      await reply(click, somethingWentWrong(modal.requestId))
    }
  })
}

const POSTED = ':white_check_mark: Posted to you as a direct message from this app.'

/** The click has been acknowledged: nobody but us tells the person of a failure. */
function isDone({ logger }: BotServices, requestId: string, work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      logger.error({ err: error, requestId }, 'A table of batches was not posted')
      return false
    },
  )
}

/** As a table; where the workspace shows none, as a list. */
async function postTable(
  services: BotServices,
  { body, respond, client }: Click,
  { all }: BatchPage,
): Promise<void> {
  const person = personOfInteraction(body)
  const [list, timeZone] = await Promise.all([
    readTable(services, accountOfPerson(services, person), all),
    services.people.timeZone(client, person),
  ])
  const click = { body, respond, client }
  if (list.batches.length === 0) await reply(click, batchesView(list))
  else await replyInBest(click, batchesTable(list, timeZone), batchesView(shortened(list)))
}

const shortened = ({ batches, hasMore }: BatchList): BatchList => ({
  batches: batches.slice(0, LISTED_MAX),
  hasMore: hasMore || batches.length > LISTED_MAX,
})

function modalOf(services: BotServices, { body, client, context }: Click, page: BatchPage): PersonsModal {
  const requestId = String(context['requestId'])
  return { services, client, person: personOfInteraction(body), page, requestId }
}

/** Slack opens nothing for a click of more than 3 s ago, nor while it has trouble itself. */
async function tellNotOpened(
  { logger }: BotServices,
  { body, respond, client, context }: Click,
  err: unknown,
) {
  const requestId = String(context['requestId'])
  logger.warn({ err, reason: slackErrorOf(err), requestId }, 'Slack did not open Active Credits')
  const told = notice('Slack did not open the window in time. Click again, or type `/credits batches`.')
  await reply({ body, respond, client }, told)
}

const isSwitchedOn = ({ action }: Click): boolean =>
  action.type === 'checkboxes' && action.selected_options.length > 0
