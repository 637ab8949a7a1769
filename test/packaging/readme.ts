import { readFileSync } from 'node:fs'

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm

/** The fenced blocks of a page in a language, in their order. */
export function blocksOf(page: 'README.md' | 'docs/metering.md', language: string): string[] {
  const blocks = readFileSync(page, 'utf8').matchAll(FENCE)
  return [...blocks].flatMap(([, of, text]) => (of === language && text !== undefined ? [text] : []))
}
