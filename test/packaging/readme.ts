import { readFileSync } from 'node:fs'

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm

/** The fenced blocks of README.md in a language, in their order. */
export function readmeBlocks(language: string): string[] {
  const blocks = readFileSync('README.md', 'utf8').matchAll(FENCE)
  return [...blocks].flatMap(([, of, text]) => (of === language && text !== undefined ? [text] : []))
}
