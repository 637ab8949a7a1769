/** What the stand-in says. It has one story: somebody asks by voice what is new in PostgreSQL 18. */
export interface Script {
  readonly transcript: string
  readonly searchQuery: string
  readonly answer: string
  readonly summary: string
}

export const SCRIPT: Script = {
  transcript: 'What is new in PostgreSQL 18, and should we upgrade our servers before the end of the year?',
  searchQuery: 'PostgreSQL 18 new features upgrade notes',
  answer:
    'PostgreSQL 18 brings asynchronous I/O, which makes scans and vacuum up to three times faster, skip scans on ' +
    'multicolumn indexes, and uuidv7() for ids in the order of time. Upgrading is quicker than before, because ' +
    'pg_upgrade now keeps the statistics of the optimizer. Try it on a copy first, since data checksums are on by ' +
    'default and both clusters have to agree on them; then there is no reason to wait for the new year.',
  summary: 'Faster I/O, easier upgrades; test on a copy, then upgrade.',
}

/** One turn of the model: text, or a call of a function that it was given. */
export type Turn =
  | { readonly text: string }
  | { readonly text: ''; readonly call: { readonly name: string; readonly arguments: string } }

export interface Prompt {
  /** What the developer or system message asks for. */
  readonly instructions: string
  /** Names of the functions that may be called. */
  readonly functions: readonly string[]
  /** Whether a function has been called already. */
  readonly hasResult: boolean
}

/** What the model says to a prompt: the same each time. */
export function nextTurn(prompt: Prompt, script: Script): Turn {
  const search = prompt.functions.find((name) => name.includes('search'))
  if (search !== undefined && !prompt.hasResult) {
    return { text: '', call: { name: search, arguments: JSON.stringify({ query: script.searchQuery }) } }
  }
  if (/search query/i.test(prompt.instructions)) return { text: script.searchQuery }
  if (/\bsum(marize)?\b|\bsummary\b/i.test(prompt.instructions)) return { text: script.summary }
  return { text: script.answer }
}

/** Models answer under the name of a snapshot. */
const SNAPSHOTS: Readonly<Record<string, string>> = {
  'gpt-4.1-mini': 'gpt-4.1-mini-2025-04-14',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
  'gpt-5': 'gpt-5-2025-08-07',
  'gpt-5-mini': 'gpt-5-mini-2025-08-07',
}

export const snapshotOf = (model: string): string => SNAPSHOTS[model] ?? model

/** Tokens in a text, about. What matters is that the answer states the same number that a test can compute. */
export const countTokens = (text: string): number => Math.ceil(text.length / 4)

/** The pieces that a text is streamed in: words, with the space before them. */
export const piecesOf = (text: string): string[] => text.match(/\s*\S+/g) ?? []
