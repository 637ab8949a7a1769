import type { types } from '@slack/bolt'
import { displayAmount } from '../../../src/amount.ts'
import type { RankedUsage, Ranking, Used } from '../../usage/report.ts'
import { credits, escapeText, personOrName, section } from '../blocks.ts'
import { chargeCount } from './words.ts'

/** Names are up to 200 characters long; written as entities, ten of these lines still fit into a section. */
const NAME_MAX = 40
const LINES_MAX = 10

const TITLES: Readonly<Record<Ranking, string>> = { agent: 'Agents', user: 'People', model: 'Models' }
const UNNAMED: Readonly<Record<Ranking, string>> = {
  agent: '_no agent named_',
  user: '_nobody named_',
  model: '_no model named_',
}

/** Who used most, numbered; the rest in one line. */
export function rankingSections(ranking: RankedUsage): types.SectionBlock[] {
  const { by, first, rest } = ranking
  if (first.length === 0) return []
  const lines = first.map((used, index) => `${index + 1}. ${nameOf(by, used.name)}: ${amountOf(used)}`)
  if (rest.charges > 0) lines.push(`All others: ${amountOf(rest)}`)
  return inParts(lines).map((part, index) =>
    section([...(index === 0 ? [`*${TITLES[by]}*`] : []), ...part].join('\n')),
  )
}

/** @example ['Agents: support 12.5, research 3, all others 1.'] */
export function rankingText({ by, first, rest }: RankedUsage): string[] {
  const named = first.map(({ name, amount }) => `${nameOf(by, name)} ${displayAmount(amount)}`)
  const others = rest.charges > 0 ? [`all others ${displayAmount(rest.amount)}`] : []
  return named.length === 0 ? [] : [`${TITLES[by]}: ${[...named, ...others].join(', ')}.`]
}

const amountOf = (used: Used): string => `${credits(used.amount)}, ${chargeCount(used)}`

const nameOf = (by: Ranking, name: string | null): string => {
  if (name === null) return UNNAMED[by]
  return by === 'user' && name.length <= NAME_MAX ? personOrName(name) : escapeText(name, NAME_MAX)
}

function inParts(lines: readonly string[]): string[][] {
  const parts = Math.ceil(lines.length / LINES_MAX)
  return Array.from({ length: parts }, (_, index) => lines.slice(index * LINES_MAX, (index + 1) * LINES_MAX))
}
