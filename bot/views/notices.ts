import { context, escapeText, type Message, section } from './blocks.ts'

/** What a subcommand is called and does. */
interface Described {
  name: string
  summary: string
}

/** How much of a request's id is enough to find it in the log. */
const REFERENCE_LENGTH = 8

/** All there is to ask for. */
export function helpView(subcommands: readonly Described[]): Message {
  const lines = listing(subcommands)
  return { text: lines.join('\n'), blocks: [section(lines.join('\n'))] }
}

/** For a word that is no subcommand. */
export function unknownSubcommand(
  typed: string,
  meant: string | undefined,
  subcommands: readonly Described[],
): Message {
  const guess = meant === undefined ? '' : ` Did you mean \`/credits ${meant}\`?`
  const notice = `\`/credits ${escapeText(typed)}\` is not known.${guess}`
  const lines = listing(subcommands)
  return { text: [notice, ...lines].join('\n'), blocks: [section(notice), section(lines.join('\n'))] }
}

/** For words after a subcommand that takes none: answering as if they were not there could answer another question. */
export const takesNoWords = (name: string): Message =>
  notice(`\`/credits ${name}\` takes nothing after it; it answers for the account of who asks.`)

/** For a slash command that leads here and that nothing answers. */
export const unknownCommand = (command: string): Message =>
  notice(`\`${escapeText(command)}\` is not answered here. Try \`/credits\`.`)

/** For a failure of ours. The reference begins the request's id in the log. */
export function somethingWentWrong(requestId: string): Message {
  const reference = requestId.slice(0, REFERENCE_LENGTH)
  const text = `Something went wrong (ref ${reference})`
  return {
    text,
    blocks: [section(`:warning: ${text}`), context(['Try again. If it stays, tell an admin the reference.'])],
  }
}

const notice = (text: string): Message => ({ text, blocks: [section(text)] })

const listing = (subcommands: readonly Described[]): string[] => [
  ...subcommands.map(({ name, summary }) => `• \`/credits ${name}\`: ${summary}`),
  '• `/credits help`: this list',
]
