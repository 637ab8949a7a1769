import type { WebClient } from '@slack/web-api'
import type { types } from '@slack/bolt'
import { slackErrorOf } from '../reply.ts'
import type { BotServices, Person } from '../services.ts'
import { endsWithin } from '../../src/time-limit.ts'
import { batchButtons } from '../views/admin/buttons.ts'
import { activeCreditsModal, type BatchPage, failedModal, loadingModal } from '../views/active-credits.ts'
import { readPersonsPage } from './pages.ts'

/** A trigger lives for 3 s, and what the opening itself takes must fit in. */
const OPEN_WITHIN_MS = 300

/** The modal of one person, as the ledger has it when it is drawn. */
export interface PersonsModal {
  readonly services: BotServices
  readonly client: WebClient
  readonly person: Person
  readonly page: BatchPage
  /** What was just done, in words. */
  readonly notice?: string
  readonly requestId: string
}

/** A modal that is open. */
interface OpenModal {
  readonly viewId: string
  /** What is to be replaced: if it is not shown any more, Slack refuses. */
  readonly hash: string
}

/**
 * Opens the modal: with the batches if the ledger answers soon, else with words that say so until it does.
 *
 * @throws what Slack answers, `expired_trigger_id` for one
 */
export async function openModal(modal: PersonsModal, triggerId: string): Promise<void> {
  const { client, page } = modal
  const drawn = draw(modal)
  if (await endsWithin(drawn, OPEN_WITHIN_MS)) {
    await client.views.open({ trigger_id: triggerId, view: await drawn })
    return
  }
  const { view } = await client.views.open({ trigger_id: triggerId, view: loadingModal(page) })
  if (view?.id === undefined || view.hash === undefined)
    throw new Error('Slack names no view that it opened.')
  await showIn({ viewId: view.id, hash: view.hash }, modal, drawn)
}

/** Draws the modal anew in place of what is shown. */
export const updateModal = (open: OpenModal, modal: PersonsModal): Promise<void> =>
  showIn(open, modal, draw(modal))

/** What another update has overtaken is read and drawn once more, and then shown whatever is there. */
async function showIn(
  { viewId, hash }: OpenModal,
  modal: PersonsModal,
  drawn: Promise<types.ModalView>,
): Promise<void> {
  const { client } = modal
  const view = await drawn
  try {
    await client.views.update({ view_id: viewId, hash, view })
  } catch (error) {
    if (slackErrorOf(error) !== 'hash_conflict') throw error
    await client.views.update({ view_id: viewId, view: await draw(modal) })
  }
}

/** Never fails: of a failure it shows the reference. */
async function draw({ services, client, person, page, notice, requestId }: PersonsModal) {
  try {
    const { content, isAdmin } = await readPersonsPage(services, client, person, page)
    return activeCreditsModal(content, { batchActions: isAdmin ? batchButtons : undefined, notice })
  } catch (error) {
    services.logger.error({ err: error, requestId }, 'Active Credits could not be read')
    return failedModal(page, requestId)
  }
}
