import type { CreditLedger } from '../../src/credits.ts'
import type { Message } from '../views/blocks.ts'

/** What a subcommand answers from. */
export interface CommandRequest {
  ledger: CreditLedger
  /** The account of who asked. */
  account: string
  /** What was typed after the subcommand's name. */
  words: readonly string[]
}

/** One word after `/credits`. A new one is a file here and a line in `SUBCOMMANDS`. */
export interface Subcommand {
  name: string
  /** What the help says it does. */
  summary: string
  answer(request: CommandRequest): Promise<Message>
}
