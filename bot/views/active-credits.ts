import type { types } from '@slack/bolt'
import { displayAmount } from '../../src/amount.ts'
import type { Balance, Batch } from '../../src/types.ts'
import { type BatchList, batchSection, POST_TABLE_ACTION } from './batches.ts'
import { actions, button, context, credits, section } from './blocks.ts'
import { somethingWentWrong } from './notices.ts'

export const TURN_BACK_ACTION = 'batches_previous'
export const TURN_ON_ACTION = 'batches_next'
export const SHOW_ALL_ACTION = 'batches_all'

/** Batches on a page of the modal: with an admin's buttons 20 blocks of the 100 that a modal may have. */
export const PAGE_SIZE = 10

/** Which part of the batches the modal shows; all that it remembers. */
export interface BatchPage {
  /** From 0. */
  readonly page: number
  /** Whether used-up, expired and voided batches are shown too. */
  readonly all: boolean
}

export interface ActiveCredits extends BatchPage, BatchList {
  readonly balance: Balance
}

export interface ActiveCreditsOptions {
  /** What can be done with a batch, shown below it. */
  readonly batchActions?: ((batch: Batch) => readonly types.KnownBlock[]) | undefined
  /** What was just done, in words. */
  readonly notice?: string | undefined
}

/** A page of the batches, five labelled fields each. */
export function activeCreditsModal(
  content: ActiveCredits,
  { batchActions = () => [], notice }: ActiveCreditsOptions = {},
): types.ModalView {
  return modal(content, [
    context([balanceLine(content.balance)]),
    actions([allSwitch(content.all)]),
    ...(content.batches.length === 0 ? [section(nothing(content.all))] : []),
    ...content.batches.flatMap((batch) => [batchSection(batch), ...batchActions(batch)]),
    ...(content.batches.length === 0 ? [] : [context([positionLine(content)])]),
    ...footer(content),
    ...(notice === undefined ? [] : [section(notice)]),
  ])
}

/** For a ledger that takes its time. */
export const loadingModal = (page: BatchPage): types.ModalView =>
  modal(page, [section(':hourglass_flowing_sand: Reading your credits …')])

/** For a failure of ours, with the reference to it. */
export const failedModal = (page: BatchPage, requestId: string): types.ModalView =>
  modal(page, somethingWentWrong(requestId).blocks)

/** Reads what a modal remembers. It went through a client: what is not understood is the first page. */
export function readBatchPage(privateMetadata: string): BatchPage {
  try {
    const { page, all } = JSON.parse(privateMetadata) as Record<string, unknown>
    const isPage = Number.isSafeInteger(page) && Number(page) >= 0 && Number(page) <= PAGE_MAX
    return { page: isPage ? Number(page) : 0, all: all === true }
  } catch {
    // Not ours: then nothing is remembered.
    return FIRST_PAGE
  }
}

export const FIRST_PAGE: BatchPage = { page: 0, all: false }

/** Farther than anybody turns; and the offset stays one that the ledger takes. */
const PAGE_MAX = 1_000_000

const modal = ({ page, all }: BatchPage, blocks: types.KnownBlock[]): types.ModalView => ({
  type: 'modal',
  title: { type: 'plain_text', text: 'Active Credits' },
  close: { type: 'plain_text', text: 'Close' },
  private_metadata: JSON.stringify({ page, all }),
  blocks,
})

const balanceLine = ({ available, settled, held }: Balance): string =>
  `${credits(available)} available: ${displayAmount(settled)} settled, ${displayAmount(held)} held.`

function allSwitch(all: boolean): types.Checkboxes {
  const option: types.PlainTextOption = {
    text: { type: 'plain_text', text: 'Show used-up and expired' },
    value: 'all',
  }
  return {
    type: 'checkboxes',
    action_id: SHOW_ALL_ACTION,
    options: [option],
    ...(all ? { initial_options: [option] } : {}),
  }
}

const nothing = (all: boolean): string =>
  all ? 'No credit was ever added.' : 'No active credit: calls are refused until credit is added.'

function positionLine({ page, batches, hasMore }: ActiveCredits): string {
  const first = page * PAGE_SIZE + 1
  const last = first + batches.length - 1
  const which = first === last ? `Batch ${first}` : `Batches ${first} to ${last}`
  const position = page === 0 && !hasMore ? '' : `${which}. `
  return `${position}In the order they are spent.`
}

function footer({ page, hasMore, batches }: ActiveCredits): types.KnownBlock[] {
  const buttons = [
    ...(page > 0 ? [button('Previous', TURN_BACK_ACTION)] : []),
    ...(hasMore ? [button('Next', TURN_ON_ACTION)] : []),
    ...(batches.length > 0 ? [button('Post as table', POST_TABLE_ACTION)] : []),
  ]
  return buttons.length === 0 ? [] : [actions(buttons)]
}
