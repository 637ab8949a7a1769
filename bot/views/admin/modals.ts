import type { types } from '@slack/bolt'
import { escapeText, section } from '../blocks.ts'
import { type Sheet, sheetBlocks } from './sheet.ts'

export const ADMIN_CONFIRM_VIEW = 'admin_confirm'

/** What would happen: its submission makes it so. */
export const previewModal = (
  sheet: Sheet,
  { verb, metadata }: { verb: string; metadata: string },
): types.ModalView => ({
  type: 'modal',
  callback_id: ADMIN_CONFIRM_VIEW,
  private_metadata: metadata,
  title: plain('Confirm'),
  submit: plain(verb),
  close: plain('Cancel'),
  blocks: sheetBlocks(sheet),
})

export const outcomeModal = (sheet: Sheet): types.ModalView => ({
  type: 'modal',
  title: plain('Done'),
  close: plain('Close'),
  blocks: sheetBlocks(sheet),
})

export const noticeModal = (text: string): types.ModalView => ({
  type: 'modal',
  title: plain('Not done'),
  close: plain('Close'),
  blocks: [section(`:warning: ${escapeText(text, 2_000)}`)],
})

/** For a submission that takes long; what comes of it takes its place. */
export const workingModal = (): types.ModalView => ({
  type: 'modal',
  title: plain('One moment'),
  close: plain('Close'),
  blocks: [
    section(':hourglass_flowing_sand: The ledger is slow just now. What comes of it will stand here.'),
  ],
})

/** For a confirmation of which nobody knows whether it was written: the same request writes once. */
export const retryModal = (text: string, metadata: string): types.ModalView => ({
  ...noticeModal(text),
  callback_id: ADMIN_CONFIRM_VIEW,
  private_metadata: metadata,
  title: plain('Not sure'),
  submit: plain('Confirm again'),
})

const plain = (text: string) => ({ type: 'plain_text' as const, text })
