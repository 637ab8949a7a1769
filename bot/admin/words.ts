import { CreditsError } from '../../src/errors.ts'

const MENTION = /^<@([UW][A-Z0-9]{1,30})(?:\|[^<>]*)?>$/
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whoever is mentioned by it: Slack writes `@ada` as `<@U07ADA|ada>`. */
export const mentioned = (word: string): string | undefined => MENTION.exec(word)?.[1]

/** Whom it is for, as a field: a mention without its label, or an account's name. */
export function targetOf(word: string): string {
  const userId = mentioned(word)
  return userId === undefined ? plainText([word]) : `<@${userId}>`
}

/** Meant as a number, be it a good one or not. */
export const looksLikeAmount = (word: string): boolean => /^[-+]?[\d.,]+$/.test(word)

/** Parts whom it is for, where that is said, from the id that follows. */
export function splitTarget(words: readonly string[]): { account?: string; rest: readonly string[] } {
  const [first, second, ...rest] = words
  const isSaid = first !== undefined && second !== undefined && !ID.test(first) && ID.test(second)
  return isSaid ? { account: targetOf(first), rest: [second, ...rest] } : { rest: words }
}

/** An amount, if it is the next word, and the reason; `reason` before one that begins with a number. */
export function splitAmount(words: readonly string[]): { amount?: string; reason?: string } {
  const [first, ...rest] = words
  if (first === undefined || !looksLikeAmount(first)) return splitReason(words)
  return { amount: first, ...splitReason(rest) }
}

/** What is left is the reason. */
export function splitReason(words: readonly string[]): { reason?: string } {
  const text = words[0]?.toLowerCase() === 'reason' ? words.slice(1) : words
  return text.length === 0 ? {} : { reason: plainText(text) }
}

/** What follows each of the keywords, which come in this order and may be left out. */
export function splitClauses<Keyword extends string>(
  words: readonly string[],
  keywords: readonly Keyword[],
): { [K in Keyword]?: string } {
  const clauses: { [K in Keyword]?: string } = {}
  let rest = words
  for (const [index, keyword] of keywords.entries()) {
    if (rest[0]?.toLowerCase() !== keyword) continue
    const later = keywords.slice(index + 1)
    const end = rest.findIndex((word, at) => at > 0 && later.some((next) => next === word.toLowerCase()))
    clauses[keyword] = plainText(rest.slice(1, end === -1 ? undefined : end))
    rest = end === -1 ? [] : rest.slice(end)
  }
  if (rest.length === 0) return clauses
  throw new CreditsError(
    'invalid_input',
    `${JSON.stringify(plainText(rest).slice(0, 40))} is not understood there; ` +
      `what may follow begins with ${keywords.map((keyword) => `"${keyword}"`).join(' or ')}.`,
  )
}

/** Words as their author saw them: Slack sends mentions and links in angle brackets, and three characters as entities. */
export function plainText(words: readonly string[]): string {
  return words
    .join(' ')
    .replaceAll(
      /<(@|#|!)?([^<>|]*)(?:\|([^<>]*))?>/g,
      (_, sign: string | undefined, id: string, label?: string) =>
        sign === undefined ? id : `${sign === '#' ? '#' : '@'}${(label || id).replace(/^[@#]/, '')}`,
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
