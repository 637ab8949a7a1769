import type { WebClient } from '@slack/web-api'
import type { BotServices, Person } from '../services.ts'
import type { Message } from '../views/blocks.ts'

/** What a subcommand answers from. */
export interface CommandRequest {
  readonly services: BotServices
  /** The account of who asked. */
  readonly account: string
  readonly person: Person
  /** Acts as the bot in the workspace of who asked. */
  readonly client: WebClient
  /** Where it was typed. */
  readonly channelId: string
  /** Opens a modal, within 3 s. */
  readonly triggerId: string
  /** What was typed after the subcommand's name, as it was typed. */
  readonly words: readonly string[]
}

/** One word after `/credits`. A new one is a file here and a line in `SUBCOMMANDS`. */
export interface Subcommand {
  readonly name: string
  /** What the help says it does. */
  readonly summary: string
  /** What may follow the name, for the help, e.g. `[7d|30d|month|FROM TO]`. */
  readonly usage?: string
  /** Whether only admins may: it is refused to others, and their help does not list it. */
  readonly forAdmins?: boolean
  /** Undefined where a modal is the answer. */
  answer(request: CommandRequest): Promise<Message | undefined>
}
