import { actions, commandButton, context, escapeText, type Message, section } from './blocks.ts'

/** What a subcommand is called and does. */
interface Described {
  name: string
  summary: string
  usage?: string
  forAdmins?: boolean
}

/** How much of a request's id is enough to find it in the log. */
const REFERENCE_LENGTH = 8

/** A button's text has room for 75 characters. */
const COMMAND_ON_BUTTON_MAX = 60

/** Longer than any reason we give; five times as long once it is escaped, it still fits into a block. */
const REASON_MAX = 500

/** All there is to ask for. */
export function helpView(subcommands: readonly Described[]): Message {
  const lists = listing(subcommands)
  return { text: lists.join('\n'), blocks: lists.map(section) }
}

/**
 * For a word that is no subcommand.
 *
 * @param typed the word, and what followed it
 */
export function unknownSubcommand(
  typed: { name: string; words: readonly string[] },
  meant: string | undefined,
  subcommands: readonly Described[],
): Message {
  const guess = meant === undefined ? '' : ` Did you mean \`/credits ${meant}\`?`
  const notice = `\`/credits ${escapeText(typed.name)}\` is not known.${guess}`
  const lists = listing(subcommands)
  return {
    text: [notice, ...lists].join('\n'),
    blocks: [
      section(notice),
      ...(meant === undefined ? [] : [actions([meantButton(meant, typed.words)])]),
      ...lists.map(section),
    ],
  }
}

/** With all that was typed; what is too long for a button is typed again. */
function meantButton(meant: string, words: readonly string[]) {
  const command = [meant, ...words].join(' ')
  const isShort = command.length <= COMMAND_ON_BUTTON_MAX
  return isShort ? commandButton(`/credits ${command}`, command) : commandButton(`/credits ${meant}`, meant)
}

/** For an admin's command from somebody else. */
export const forAdminsOnly = (name: string): Message => notice(`Only admins may use \`/credits ${name}\`.`)

/** For what the ledger or a reader of words refuses, in its own words. */
export const refusal = (reason: string): Message => notice(`:warning: ${escapeText(reason, REASON_MAX)}`)

/** For words after a subcommand that takes none: answering as if they were not there could answer another question. */
export const takesNoWords = (name: string): Message =>
  notice(`\`/credits ${name}\` takes nothing after it; it answers for the account of who asks.`)

/** For a slash command that leads here and that nothing answers. */
export const unknownCommand = (command: string): Message =>
  notice(`\`${escapeText(command)}\` is not answered here. Try \`/credits\`.`)

/** For a workspace whose installation is gone, or was never finished. */
export const notInstalled: Message = {
  text: 'Credits is not installed here (any more): ask an admin to install it again.',
  blocks: [section('Credits is not installed here (any more): ask an admin to install it again.')],
}

/** For a failure of ours. The reference begins the request's id in the log. */
export function somethingWentWrong(requestId: string): Message {
  const reference = requestId.slice(0, REFERENCE_LENGTH)
  const text = `Something went wrong (ref ${reference})`
  return {
    text,
    blocks: [section(`:warning: ${text}`), context(['Try again. If it stays, tell an admin the reference.'])],
  }
}

/** One sentence. */
export const notice = (text: string): Message => ({ text, blocks: [section(text)] })

/** What everybody may, and apart from it what admins may. */
function listing(subcommands: readonly Described[]): string[] {
  const forAll = subcommands.filter(({ forAdmins }) => forAdmins !== true).map(listed)
  const forAdmins = subcommands.filter((subcommand) => subcommand.forAdmins === true).map(listed)
  return [
    [...forAll, '• `/credits help`: this list'].join('\n'),
    ...(forAdmins.length === 0 ? [] : [['*For admins*', ...forAdmins].join('\n')]),
  ]
}

const listed = ({ name, summary, usage }: Described): string =>
  `• \`/credits ${name}${usage === undefined ? '' : ` ${usage}`}\`: ${summary}`
