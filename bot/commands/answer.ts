import { CreditsError, type CreditsErrorCode } from '../../src/errors.ts'
import { accountOfPerson } from '../payload-person.ts'
import type { Message } from '../views/blocks.ts'
import { forAdminsOnly, helpView, refusal, unknownSubcommand } from '../views/notices.ts'
import type { CommandRequest, Subcommand } from './subcommand.ts'
import { closestName } from './suggestion.ts'

/** What was typed after `/credits`, or stands in a button, and by whom. */
export type TypedCommand = Omit<CommandRequest, 'account' | 'words'> & { readonly text: string }

/** Codes that tell of our own trouble: their messages are for who runs the bot. */
const OWN_TROUBLE: readonly CreditsErrorCode[] = [
  'invalid_setting',
  'journal_full',
  'journal_unavailable',
  'database_required',
  'database_unavailable',
  'database_newer',
  'embedded_failed',
  'ledger_closed',
  'peer_missing',
]

/** Whether who runs the bot has to see to it, and not who asked. */
export const isOwnTrouble = ({ code }: CreditsError): boolean => OWN_TROUBLE.includes(code)

/**
 * Answers a command; the first subcommand is what no words mean. Undefined where a modal is the answer. What a
 * person can mend comes back as a message.
 *
 * @throws whatever is our own trouble
 */
export async function answerCommand(
  subcommands: readonly [Subcommand, ...Subcommand[]],
  { text, ...source }: TypedCommand,
): Promise<Message | undefined> {
  const [word, ...words] = text.split(/\s+/).filter((part) => part !== '')
  const name = word?.toLowerCase() ?? subcommands[0].name
  const subcommand = subcommands.find((candidate) => candidate.name === name)
  if (subcommand === undefined) return listOrGuess(subcommands, name, words, source)
  const { services, person, client } = source
  if (subcommand.forAdmins === true && !(await services.people.isAdmin(client, person))) {
    services.logger.warn({ ...person, subcommand: name }, 'Refused an admin command')
    return forAdminsOnly(name)
  }
  try {
    return await subcommand.answer({ ...source, account: accountOfPerson(services, person), words })
  } catch (error) {
    if (!CreditsError.isInstance(error) || isOwnTrouble(error)) throw error
    services.logger.info({ ...person, subcommand: name, code: error.code }, 'Refused a command')
    return refusal(error.message)
  }
}

/** The help, or what was probably meant; admins' commands are named to admins only. */
async function listOrGuess(
  subcommands: readonly Subcommand[],
  name: string,
  words: readonly string[],
  { services, person, client }: Omit<TypedCommand, 'text'>,
): Promise<Message> {
  const isAdmin =
    subcommands.some(({ forAdmins }) => forAdmins === true) && (await services.people.isAdmin(client, person))
  const known = subcommands.filter(({ forAdmins }) => isAdmin || forAdmins !== true)
  if (name === 'help') return helpView(known)
  const names = [...known.map((candidate) => candidate.name), 'help']
  return unknownSubcommand({ name, words }, closestName(name, names), known)
}
