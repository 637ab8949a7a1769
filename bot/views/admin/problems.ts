import { escapeText, type Message, section } from '../blocks.ts'
import { code } from './sheet.ts'

/** Longer than all problems of a command together. */
const PROBLEMS_MAX = 2_000

/** What is wrong with a command, and how a right one looks. */
export function problemsMessage(
  problems: readonly string[],
  command: { name: string; usage: string; example: string },
): Message {
  const text = [
    `:warning: ${escapeText(problems.join(' '), PROBLEMS_MAX)}`,
    `Say ${code(`/credits ${command.name} ${command.usage}`)}, for example ${code(`/credits ${command.example}`)}`,
  ].join('\n')
  return { text, blocks: [section(text)] }
}
