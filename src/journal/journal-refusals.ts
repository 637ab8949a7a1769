import { CreditsError } from '../errors.ts'

export const journalFull = (folder: string, calls: number, maxBytes: number): CreditsError =>
  new CreditsError(
    'journal_full',
    `The journal in ${folder} is full: the costs of ${calls} calls wait for the ledger, and may take ${maxBytes} ` +
      'bytes. New calls are refused until the ledger has taken them. See whether the database can be reached.',
    { folder, calls, maxBytes },
  )

export const journalUnavailable = (why: string): CreditsError =>
  new CreditsError(
    'journal_unavailable',
    `A call may run while the ledger is down (onLedgerDown: 'allow') only where its cost is safe meanwhile, and ` +
      `${why}. Give the journal a folder that can be written, or use onLedgerDown: 'deny'.`,
  )
