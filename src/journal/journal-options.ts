import { join } from 'node:path'
import { CreditsError } from '../errors.ts'

/** Where what calls have cost is kept until the ledger has it. */
export interface JournalInput {
  /** One folder for all processes of a machine will do. Default: `CREDITS_JOURNAL`, else `.credits/journal`. */
  directory?: string | undefined
  /** The most that costs which wait for the ledger may take, in bytes. Default: 64 MiB. */
  maxBytes?: number | undefined
}

export interface JournalOptions {
  /** Undefined: nothing is kept. */
  readonly kept: { readonly folder: string; readonly maxBytes: number } | undefined
  readonly flushOnSignal: boolean
}

const DIRECTORY = '.credits/journal'
const MAX_BYTES = 64 * 1024 * 1024
/** Some calls at least. */
const LEAST_BYTES = 4096

/**
 * @param database its name, which parts its journals from those of other databases
 * @throws CreditsError `invalid_setting`
 */
export function readJournalOptions(
  options: { journal?: JournalInput | false | undefined; flushOnSignal?: boolean | undefined },
  database: string,
): JournalOptions {
  const given = options.journal
  const kept =
    given === false
      ? undefined
      : { folder: join(directoryOf(given), database), maxBytes: given?.maxBytes ?? MAX_BYTES }
  if (kept && (!Number.isSafeInteger(kept.maxBytes) || kept.maxBytes < LEAST_BYTES)) {
    throw new CreditsError(
      'invalid_setting',
      `Invalid journal.maxBytes: give a whole number of bytes, at least ${LEAST_BYTES}.`,
      { name: 'journal.maxBytes' },
    )
  }
  return { kept, flushOnSignal: options.flushOnSignal ?? true }
}

/** An empty setting counts as unset, as in a `.env` file with the values left out. */
const directoryOf = (given: JournalInput | undefined): string =>
  given?.directory ?? (process.env.CREDITS_JOURNAL?.trim() || DIRECTORY)
